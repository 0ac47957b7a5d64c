import type { CallOptions, ReadOptions } from '@x/dynamo-core';
import {
  callOptionNames,
  partitionedRowsOptionNames,
  readOptionNames,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type {
  DoOnceBehaviour,
  DoOnceManagerOptions,
  DoOnceOptions,
  DoOnceTableOptions,
  DoOnceTransactOptions,
  InProgressOptions,
  MarkDoneOptions,
  OnceOptions,
  PayloadOptions,
} from './options.js';

const inProgress: OptionNames<InProgressOptions> = {
  onInProgress: true,
  waitMsMax: true,
  takeover: 'boolean',
  ttlSeconds: true,
};
const behaviour: OptionNames<DoOnceBehaviour> = {
  ...inProgress,
  leaseMs: true,
  claimTtlSeconds: true,
  heartbeat: 'boolean',
  onError: true,
  storeError: 'function',
  storeResult: true,
};
const manager: OptionNames<DoOnceManagerOptions> = {
  ...behaviour,
  hashLongKeys: 'boolean',
  separateClaims: 'boolean',
  skewToleranceMs: true,
  monitoring: true,
};
const payload: OptionNames<PayloadOptions> = { ...callOptionNames, payload: true };

/** The names of each kind of options. */
export const names: {
  readonly call: OptionNames<CallOptions>;
  readonly read: OptionNames<ReadOptions>;
  readonly manager: OptionNames<DoOnceManagerOptions>;
  readonly table: OptionNames<DoOnceTableOptions>;
  readonly doOnce: OptionNames<DoOnceOptions>;
  readonly transact: OptionNames<DoOnceTransactOptions>;
  readonly markDone: OptionNames<MarkDoneOptions>;
  readonly once: OptionNames<OnceOptions<string, readonly unknown[]>>;
} = {
  call: callOptionNames,
  read: readOptionNames,
  manager,
  table: { ...partitionedRowsOptionNames, ...manager },
  doOnce: { ...behaviour, ...payload },
  transact: { ...inProgress, ...payload, marshall: 'function' },
  markDone: { ...payload, ttlSeconds: true, result: true },
  once: { ...behaviour, ...payload, userId: true, key: true },
};
