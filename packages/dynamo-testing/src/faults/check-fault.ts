import {
  checkedOptions,
  checkInteger,
  checkKeyText,
  checkOneOf,
  listOf,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { Fault, FaultPlan } from './fault.js';

type Kind = Fault['kind'];

const delayed = { kind: true, delayMs: true } as const;
const bare = { kind: true } as const;
/** What each fault consists of. */
const fields: { readonly [K in Kind]: OptionNames<Extract<Fault, { kind: K }>> } = {
  pass: bare,
  'drop-before': bare,
  'drop-after': bare,
  duplicate: bare,
  'late-copy': delayed,
  delay: delayed,
  silent: bare,
  error: { kind: true, name: true, status: true, message: true, applied: 'boolean', fields: true },
  partial: { kind: true, keep: true },
};

/** Throws an `InvalidInputError` for a list that holds what is no fault. Those of a function come later. */
export function checkedPlan(plan: FaultPlan): FaultPlan {
  return typeof plan === 'function' ? plan : listOf('faults', plan).map(checkedFault);
}

/** Throws an `InvalidInputError` for what is no fault: a misspelt one would pass for none. */
export function checkedFault(fault: Fault | undefined): Fault | undefined {
  if (fault === undefined) return undefined;
  const { kind } = Object(fault) as Fault;
  checkOneOf('kind', kind, Object.keys(fields) as Kind[]);
  checkedOptions(fault, fields[kind] as OptionNames<Fault>, 'fault');
  if (fault.kind === 'delay' || fault.kind === 'late-copy') {
    checkInteger('delayMs', fault.delayMs, 0);
  }
  if (fault.kind === 'partial') checkInteger('keep', fault.keep, 0);
  if (fault.kind === 'error') checkKeyText('name', fault.name, 255);
  return fault;
}
