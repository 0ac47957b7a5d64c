import {
  InvalidInputError,
  type CallOptions,
  type DynamoInput,
  type ExpiryOptions,
  type Item,
} from '@x/dynamo-core';
import { expirySeconds, onFirstUse, writeConditionally } from '@x/dynamo-core/mechanism';

import type { CounterOptions } from './counter-options.js';
import {
  counterAttributes,
  type CounterTable,
  type CounterTarget,
  type Locate,
  type WindowOf,
} from './counter-row.js';
import {
  changeCount,
  type ChangeId,
  type Count,
  type CounterChange,
  type CountMode,
  type TimedChange,
} from './requests.js';

const marking = /* @__PURE__ */ onFirstUse(() => import('./marked-change.js'));
const refusing = /* @__PURE__ */ onFirstUse(() => import('./refused-change.js'));

/** A change of one row, with what the row remembers it by. */
export interface ChangeCall extends CounterChange, CallOptions {
  readonly table: CounterTable;
  readonly locate: Locate;
  /** When the counter expires if this change begins it, or renews it. */
  readonly expiry: ExpiryOptions;
  /** The caller's token, and for how long it has a row of its own, if it has one. */
  readonly token?: string | undefined;
  readonly tokenTtlSeconds?: number | undefined;
}

/** A change of a counter as it is asked for. */
export interface AskedChange extends Omit<ChangeCall, 'table' | 'locate' | 'id' | 'renews'> {
  /** Says where the shards of the counter are: a window is one of the time that the clock shows. */
  readonly locate: (shard: number) => CounterTarget;
  /** Whether its expiry replaces the one that the row has, also where the counter's options do not say so. */
  readonly renews?: boolean | undefined;
  /** What a token is used for. */
  readonly usedFor: string;
}

/** The change is in this count. */
export interface Changed {
  readonly outcome: 'changed';
  /** The key of the row. */
  readonly displayKey: string;
  readonly count: Count;
}

/** The count, `undefined` for none, may not be changed from what it is. Nothing was changed. */
export interface Refused {
  readonly outcome: 'refused';
  readonly displayKey: string;
  readonly current: Count | undefined;
  /** When the count starts over: the end of its window, or its expiry. */
  readonly resetAtMs: number | undefined;
}

/** What became of a change. */
export type ChangeOutcome = Changed | Refused;

/** One request, and what it was built of: anew for each try, and where the clock was corrected. */
export interface Try {
  readonly timed: TimedChange;
  readonly target: CounterTarget;
  readonly input: DynamoInput<'UpdateItem'>;
}

/** The condition failed on this row, and nothing was changed by this try. */
export interface RefusedTry {
  readonly outcome: 'refused';
  readonly item: Item | undefined;
  readonly tried: Try;
}

/** Builds the request of a change. */
export type BuildChange = (target: CounterTarget, change: TimedChange) => DynamoInput<'UpdateItem'>;

/**
 * Makes one change of one counter, exactly once. Everything that counts goes through here: a counter
 * that gathers changes only chooses amounts.
 *
 * The row remembers the change by a fresh id, or by the caller's token. It is tried on a live row first;
 * the row that refuses it says how it goes on.
 */
export async function applyChange(
  table: CounterTable,
  options: CounterOptions<CountMode, number | undefined>,
  asked: AskedChange,
): Promise<ChangeOutcome> {
  const { exactlyOnce = true, mode, shards, ttlFrom } = options;
  const { amount, token, usedFor } = asked;
  let shard = shards === undefined ? 0 : Math.floor(table.random.unit() * shards);
  let id: ChangeId | undefined;
  if (token !== undefined) {
    if (!exactlyOnce) {
      throw new InvalidInputError('token', token, 'left out where exactlyOnce is false');
    }
    const { changeId, shardOf } = await marking();
    id = changeId(token, usedFor, amount);
    if (shards !== undefined) shard = shardOf(token, shards);
  } else if (exactlyOnce) {
    const fresh = table.random.id();
    id = { id: fresh, entry: fresh };
  }
  const call = Object.assign({}, asked, {
    table,
    locate: () => asked.locate(shard),
    id,
    renews: asked.renews === true || ttlFrom === 'latest',
    isWhole: mode === 'bigint',
  });
  const startedMs = table.clock.monotonic();
  const answer = await tryChange(call, changeCount);
  if (answer.outcome === 'changed') return answer;
  const { goOn } = await refusing();
  return goOn(call, answer, startedMs);
}

/** One try of a change: one request, with times of its own. */
export async function tryChange(
  call: ChangeCall,
  build: BuildChange,
): Promise<Changed | RefusedTry> {
  if (call.tokenTtlSeconds === undefined) return sendChange(call, () => builtTry(call, build));
  const { sendMarkedChange } = await marking();
  return sendMarkedChange(call, () => builtTry(call, build));
}

function builtTry(call: ChangeCall, build: BuildChange): Try {
  const target = call.locate();
  const { clock } = target.table;
  const timed = Object.assign({}, call, {
    // The row of a window has an end of its own.
    renews: target.window === undefined && call.renews,
    nowMs: clock.now(),
    expiresAt: target.window?.endsAtSeconds ?? expirySeconds(call.expiry, clock),
  });
  return { timed, target, input: build(target, timed) };
}

async function sendChange(
  { table: { transport }, locate, signal }: ChangeCall,
  build: () => Try,
): Promise<Changed | RefusedTry> {
  const { key, displayKey } = locate();
  let tried!: Try;
  const input = () => (tried = build()).input;
  const options = { mustExist: key, signal };
  const answer = await writeConditionally(transport, 'UpdateItem', input, options);
  if (answer.outcome !== 'applied') return { outcome: 'refused', item: answer.item, tried };
  const digits = answer.item?.[counterAttributes.count]?.N ?? '';
  const count = /^-?\d+$/.test(digits)
    ? BigInt(digits)
    : (await refusing()).countIn(answer.item, displayKey);
  return { outcome: 'changed', displayKey, count: count ?? 0n };
}

/** The key as it is at the call: a compound key is an object, which the caller may change. */
export function ownKey<K>(key: K): K {
  return typeof key === 'object' ? { ...key } : key;
}

/** Says where a row of a counter is: by the window of the moment, or of one of its shards. */
export function locator<K>(
  table: CounterTable<K>,
  key: K,
  windowOf?: WindowOf,
): (shard: number) => CounterTarget {
  const own = ownKey(key);
  return (shard) => {
    const window = windowOf?.();
    const suffix = window?.suffix ?? '';
    const { key: row, displayKey } = table.address(own, suffix, shard === 0 ? '' : `~${shard}`);
    return {
      table,
      key: row,
      displayKey,
      kind: window !== undefined ? 'window' : shard === 0 ? undefined : 'shard',
      window,
      markerAt: (nameOf) => table.markerAddress(own, nameOf(table.address(own, suffix, '').key)),
    };
  };
}
