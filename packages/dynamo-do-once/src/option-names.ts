import { callOptionNames, readOptionNames, type OptionNames } from '@x/dynamo-core/mechanism';

import type {
  DoOnceBehaviour,
  DoOnceManagerOptions,
  DoOnceOptions,
  DoOnceTransactOptions,
  InProgressOptions,
  MarkDoneOptions,
  OnceOptions,
  PayloadOptions,
} from './options.js';

const inProgress: OptionNames<InProgressOptions> = {
  onInProgress: true,
  waitMsMax: true,
  takeover: true,
  ttlSeconds: true,
};
const behaviour: OptionNames<DoOnceBehaviour> = {
  ...inProgress,
  leaseMs: true,
  claimTtlSeconds: true,
  heartbeat: true,
  onError: true,
  storeResult: true,
};
const payload: OptionNames<PayloadOptions> = { ...callOptionNames, payload: true };

/** The names of each kind of options. */
export const names = {
  call: callOptionNames,
  read: readOptionNames,
  manager: {
    ...behaviour,
    separateClaims: true,
    skewToleranceMs: true,
    monitoring: true,
  } satisfies OptionNames<DoOnceManagerOptions>,
  doOnce: { ...behaviour, ...payload } satisfies OptionNames<DoOnceOptions>,
  transact: {
    ...inProgress,
    ...payload,
    marshall: true,
  } satisfies OptionNames<DoOnceTransactOptions>,
  markDone: { ...payload, ttlSeconds: true } satisfies OptionNames<MarkDoneOptions>,
  once: {
    ...behaviour,
    ...payload,
    userId: true,
    key: true,
  } satisfies OptionNames<OnceOptions<string, readonly unknown[]>>,
} as const;
