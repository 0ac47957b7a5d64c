import {
  InvalidInputError,
  jsonCodec,
  type CallOptions,
  type Codec,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  callOptionNames,
  checkMethods,
  checkOneOf,
  guarded,
  partitionedRowsOptionNames,
  readOptionNames,
  rowsOf,
  type OptionNames,
  checkPositive,
  oneOf,
  within,
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
import { attributes, earlierOwners } from './record.js';

const daySeconds = 86_400;

const dayMs = daySeconds * 1_000;

/** Beyond it, an expiry would not be a date any more. */
const expirySecondsMax = 1_000 * 365 * daySeconds;

function checkExpiry(name: string, seconds: number): void {
  checkPositive(name, seconds);
  if (seconds <= expirySecondsMax) return;
  throw new InvalidInputError(name, seconds, `at most ${expirySecondsMax}`);
}

const checkLease = within(1, dayMs);

const inProgress: OptionNames<InProgressOptions> = {
  onInProgress: oneOf('wait', 'throw'),
  waitMsMax: within(0, dayMs),
  takeover: 'boolean',
  ttlSeconds: checkExpiry,
};
const behaviour: OptionNames<DoOnceBehaviour> = {
  ...inProgress,
  leaseMs: checkLease,
  claimTtlSeconds: checkExpiry,
  heartbeat: 'boolean',
  onError: true,
  storeError: 'function',
  storeResult: true,
};
const manager: OptionNames<DoOnceManagerOptions> = {
  ...behaviour,
  hashLongKeys: 'boolean',
  separateClaims: 'boolean',
  skewToleranceMs: within(0, 3_600_000),
  monitoring: true,
};
const payload: OptionNames<PayloadOptions> = { ...callOptionNames, payload: true };

/** Each kind of options, by their names. */
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
  markDone: { ...payload, ttlSeconds: checkExpiry, result: true },
  once: {
    ...behaviour,
    ...callOptionNames,
    leaseMs: (name, leaseMs) => typeof leaseMs === 'function' || checkLease(name, leaseMs),
    payload: 'function',
    userId: true,
    key: true,
  },
};

/** The rows of a table that was passed, or of one that is opened with the options, and those. */
export function tableRows(
  table: PartitionedTable | DoOnceTableOptions,
): ReturnType<typeof rowsOf<DoOnceTableOptions>> {
  const own = [...Object.values(attributes), ...earlierOwners];
  const opened = rowsOf<DoOnceTableOptions>(table, own, names.table);
  const { sortKeyFieldAWSType } = opened.rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  return opened;
}

type Chosen = Omit<
  DoOnceManagerOptions,
  'storeResult' | 'storeError' | 'ttlSeconds' | 'monitoring'
>;

/** The options of a manager or a call, checked, with defaults for what was left out. */
export interface Settings
  extends
    Readonly<{ [K in keyof Chosen]-?: NonNullable<Chosen[K]> }>,
    Pick<DoOnceManagerOptions, 'storeError' | 'ttlSeconds' | 'monitoring'> {
  /** How results are stored; `undefined` when they are not. */
  readonly codec: Codec | undefined;
}

const defaults: Settings = {
  leaseMs: 60_000,
  heartbeat: false,
  takeover: true,
  onError: 'release',
  onInProgress: 'wait',
  waitMsMax: 10_000,
  codec: undefined,
  claimTtlSeconds: daySeconds,
  hashLongKeys: false,
  separateClaims: false,
  skewToleranceMs: 250,
};

/** Checks options, none of them `undefined`, and puts them over `base`. */
export function settingsOf(
  { storeResult, monitoring, ...given }: DoOnceManagerOptions,
  base: Settings = defaults,
): Settings {
  const settings = {
    ...base,
    ...(given as Partial<Settings>),
    codec: codecOf(storeResult, base.codec),
    monitoring: monitoring === undefined ? base.monitoring : guarded(monitoring),
  };
  const { onError } = settings;
  if (typeof onError !== 'function') checkOneOf('onError', onError, ['release', 'keep']);
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
