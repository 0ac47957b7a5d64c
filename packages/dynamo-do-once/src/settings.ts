import {
  InvalidInputError,
  jsonCodec,
  type Codec,
  type Monitoring,
  type PartitionedTable,
} from '@x/dynamo-core';
import {
  checkInteger,
  checkMethods,
  checkOneOf,
  checkPositive,
  guarded,
  rowsOf,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { names } from './option-names.js';
import type { DoOnceBehaviour, DoOnceManagerOptions, DoOnceTableOptions } from './options.js';
import { attributes, earlierOwners } from './record.js';

/** The rows of a table that was passed, or of one that is opened with the options. */
export function tableRows(table: PartitionedTable | DoOnceTableOptions): PartitionedHandle {
  const own = [...Object.values(attributes), ...earlierOwners];
  const rows = rowsOf<DoOnceTableOptions>(table, own, names.table);
  const { sortKeyFieldAWSType } = rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  return rows;
}

type Given = Required<
  Omit<DoOnceManagerOptions, 'storeResult' | 'storeError' | 'ttlSeconds' | 'monitoring'>
>;

/** The options of a manager or a call, checked, with nothing left out. */
export interface Settings extends Readonly<{ [K in keyof Given]: NonNullable<Given[K]> }> {
  /** How results are stored; `undefined` when they are not. */
  readonly codec: Codec | undefined;
  readonly storeError: DoOnceBehaviour['storeError'];
  readonly ttlSeconds: number | undefined;
  readonly monitoring: Monitoring | undefined;
}

const daySeconds = 86_400;

const dayMs = daySeconds * 1_000;

const skewToleranceMsMax = 3_600_000;

/** Beyond it, an expiry would not be a date any more. */
const expirySecondsMax = 1_000 * 365 * daySeconds;

const defaults: Settings = {
  leaseMs: 60_000,
  heartbeat: false,
  takeover: true,
  onError: 'release',
  onInProgress: 'wait',
  waitMsMax: 10_000,
  codec: undefined,
  storeError: undefined,
  ttlSeconds: undefined,
  claimTtlSeconds: daySeconds,
  hashLongKeys: false,
  separateClaims: false,
  skewToleranceMs: 250,
  monitoring: undefined,
};

/** Checks options and puts them over `base`. */
export function settingsOf(options: DoOnceManagerOptions, base: Settings = defaults): Settings {
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && name in defaults,
  );
  const settings: Settings = {
    ...base,
    ...Object.fromEntries(given),
    codec: codecOf(options.storeResult, base.codec),
    monitoring: options.monitoring === undefined ? base.monitoring : guarded(options.monitoring),
  };
  const { onError, ttlSeconds, claimTtlSeconds } = settings;
  checkInteger('leaseMs', settings.leaseMs, 1, dayMs);
  checkInteger('waitMsMax', settings.waitMsMax, 0, dayMs);
  checkInteger('skewToleranceMs', settings.skewToleranceMs, 0, skewToleranceMsMax);
  checkOneOf('onInProgress', settings.onInProgress, ['wait', 'throw']);
  if (typeof onError !== 'function') checkOneOf('onError', onError, ['release', 'keep']);
  checkTtl('ttlSeconds', ttlSeconds);
  checkTtl('claimTtlSeconds', claimTtlSeconds);
  return settings;
}

function codecOf(
  storeResult: DoOnceBehaviour['storeResult'],
  base: Codec | undefined,
): Codec | undefined {
  if (storeResult === undefined) return base;
  if (typeof storeResult === 'object' && storeResult !== null) {
    checkMethods('storeResult', storeResult, 'encode', 'decode');
    return storeResult;
  }
  checkOneOf('storeResult', storeResult, [true, false]);
  return storeResult ? jsonCodec : undefined;
}

function checkTtl(field: string, seconds: number | undefined): void {
  if (seconds === undefined) return;
  checkPositive(field, seconds);
  if (seconds > expirySecondsMax) {
    throw new InvalidInputError(field, seconds, `at most ${expirySecondsMax}`);
  }
}
