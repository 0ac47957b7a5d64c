import type { Item } from './attribute-value.js';
import { abortable, settledWithin } from './abortable.js';
import { fullJitterMs } from './backoff.js';
import { backgroundSleep } from './background-sleep.js';
import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import { writeConditionally } from './conditional-write.js';
import { InvalidInputError } from './errors.js';
import { expirySeconds } from './expiry.js';
import {
  claimOf,
  claimRow,
  freeClaim,
  freshUntilMs,
  storeComputed,
  hasValue,
} from './get-or-set-requests.js';
import { checkPositive } from './input-checks.js';
import { checkItemSize } from './item-size.js';
import { mayBeApplied } from './may-be-applied.js';
import type { OptionNames } from './option-names.js';
import type { Random } from './random.js';
import { remembers, valueRegisters } from './recent-ids.js';
import type { CallOptions, DynamoInput } from './transport.js';
import { fullRow, getRow } from './value-requests.js';
import { storedValue } from './value-row.js';
import { valueRefusal, writeNow, type ValueTarget } from './write-value.js';

/** How a value is computed and kept. */
export interface GetOrSetOptions extends CallOptions {
  /** For how long it is fresh, in seconds, above 0. */
  readonly ttlSeconds: number;
  /**
   * For how many seconds more it is given to others while one caller computes it anew. @default 0
   */
  readonly staleSeconds?: number | undefined;
  /**
   * For how long a computation keeps the others from computing, in milliseconds, above 0: longer than
   * it takes. `compute` gets its end as a signal. @default 30000
   */
  readonly leaseMs?: number | undefined;
}

/** The names of `GetOrSetOptions`. */
export const getOrSetOptionNames: OptionNames<GetOrSetOptions> = {
  ttlSeconds: true,
  staleSeconds: true,
  leaseMs: true,
  signal: true,
};

/** What a computation gets. */
export interface ComputeContext {
  /** Aborts when its lease ends, or with the reason of the call's own signal. */
  readonly signal: AbortSignal;
}

/** The row of the value, and what it takes to compute it. */
export interface ComputeTarget extends ValueTarget {
  readonly codec: Codec;
  readonly random: Random;
}

/** What a call of `getOrSet` runs. */
type Compute = (context: ComputeContext) => unknown;

interface Given extends CallOptions {
  readonly ttlSeconds: number;
  readonly staleSeconds: number;
  readonly leaseMs: number;
}

const backoff = { firstMs: 50, maxMs: 1_000 };
/** A claim is taken over only this long after its end: the clocks may differ. */
const toleranceMs = 250;
const leaseMsMax = 86_400_000;
/** A caller waits this long for its claim to be given up. */
const freeMsMax = 250;

/**
 * The value of a row, or what `compute` makes of it, once for all processes while its lease runs. The
 * protocol is in docs/decisions/0013.
 */
export async function getOrSet(
  target: ComputeTarget,
  compute: Compute,
  options: GetOrSetOptions,
): Promise<unknown> {
  const { staleSeconds = 0, leaseMs = 30_000 } = options;
  const given = { ...options, staleSeconds, leaseMs };
  checkGiven(compute, given, target.clock);
  const { signal } = given;
  const { transport, clock, random, codec, callerKey } = target;
  let isConsistent = false;
  let item: Item | undefined;
  const read = async (): Promise<Item | undefined> =>
    (await transport.call('GetItem', getRow(target, isConsistent), { signal })).Item;
  item = await read();
  for (let round = 0; ; round++) {
    const nowMs = clock.now();
    const stored = storedValue(item, target, nowMs);
    const freshMs = freshUntilMs(item, stored?.version) ?? Infinity;
    if (stored !== undefined && nowMs < freshMs) return codec.decode(stored.data, callerKey);
    const claim = claimOf(item);
    const freeMs = claim === undefined ? 0 : claim.endMs + toleranceMs - nowMs;
    if (freeMs > 0) {
      if (stored !== undefined && nowMs < freshMs + given.staleSeconds * 1000) {
        return codec.decode(stored.data, callerKey);
      }
      await clock.sleep(Math.min(fullJitterMs(round, backoff, random), freeMs), { signal });
      isConsistent = true;
      item = await read();
      continue;
    }
    const taken = await takeClaim(target, item, given);
    if (taken.outcome === 'claimed') return computeOnce(target, compute, given, taken.held);
    item = taken.item;
    // Where the row changes all the time, look again more slowly.
    if (round > 3) await clock.sleep(fullJitterMs(round, backoff, random), { signal });
  }
}

function checkGiven(
  compute: Compute,
  { ttlSeconds, staleSeconds, leaseMs }: Given,
  clock: Clock,
): void {
  if (typeof compute !== 'function') throw new InvalidInputError('compute', compute, 'a function');
  if (typeof staleSeconds !== 'number' || !(staleSeconds >= 0)) {
    throw new InvalidInputError('staleSeconds', staleSeconds, 'a number of seconds, 0 or more');
  }
  checkPositive('ttlSeconds', ttlSeconds);
  expirySeconds({ ttlSeconds: ttlSeconds + staleSeconds }, clock);
  checkPositive('leaseMs', leaseMs);
  if (leaseMs > leaseMsMax)
    throw new InvalidInputError('leaseMs', leaseMs, `at most ${leaseMsMax}`);
}

/** A claim that was made, and the row before it. */
interface Held {
  readonly id: string;
  readonly from: Item | undefined;
  /** Whether the row holds nothing but the claim. */
  readonly isAlone: boolean;
}

type Taken =
  | { readonly outcome: 'claimed'; readonly held: Held }
  | { readonly outcome: 'refused'; readonly item: Item | undefined };

async function takeClaim(
  target: ComputeTarget,
  from: Item | undefined,
  { leaseMs, signal }: Given,
): Promise<Taken> {
  const { transport, clock, random } = target;
  const id = random.id();
  let isAlone = false;
  const build = (): DynamoInput<'UpdateItem'> => {
    const nowMs = clock.now();
    isAlone = !hasValue(target, from, nowMs);
    return claimRow(target, from, { id, endMs: nowMs + Math.ceil(leaseMs) }, nowMs);
  };
  try {
    const result = await writeConditionally(transport, 'UpdateItem', build, {
      isMine: (item) => claimOf(item)?.id === id,
      mustExist: target.key,
      signal,
    });
    if (result.outcome !== 'refused') return { outcome: 'claimed', held: { id, from, isAlone } };
    // Throws for another namespace's row, and for one that holds another thing.
    if (result.item !== undefined && claimOf(result.item) === undefined) {
      valueRefusal(target, { expiry: { ttlSeconds: 1 } }, undefined, result.item);
    }
    return { outcome: 'refused', item: result.item };
  } catch (error) {
    if (mayBeApplied(error)) await free(target, { id, from, isAlone });
    throw error;
  }
}

async function computeOnce(
  target: ComputeTarget,
  compute: Compute,
  given: Given,
  held: Held,
): Promise<unknown> {
  const { codec, callerKey, random, clock } = target;
  const { signal, ttlSeconds, staleSeconds } = given;
  const lease = new AbortController();
  const stop = new AbortController();
  const onAbort = (): void => lease.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const ending = backgroundSleep(clock, given.leaseMs, stop.signal).then((isOver) => {
    const reason = new DOMException('The lease of the computation has ended', 'TimeoutError');
    if (isOver) lease.abort(reason);
  });
  try {
    const value = await abortable(signal ?? new AbortController().signal, async () =>
      compute({ signal: lease.signal }),
    );
    if (value === undefined) {
      await free(target, held);
      return undefined;
    }
    const data = await codec.encode(value, callerKey);
    const expiry = { ttlSeconds: ttlSeconds + staleSeconds };
    const change = { data, version: random.id(), expiry };
    checkItemSize(callerKey, fullRow(target, writeNow(target, change)));
    const build = (): DynamoInput<'UpdateItem'> =>
      storeComputed(target, writeNow(target, change), {
        ...held,
        freshMs: clock.now() + ttlSeconds * 1000,
      });
    await writeConditionally(target.transport, 'UpdateItem', build, {
      isMine: (item) => remembers(item, valueRegisters(target.names.version), change.version),
    });
    return await codec.decode(data, callerKey);
  } catch (error) {
    await free(target, held);
    throw error;
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', onAbort);
    await ending;
  }
}

/**
 * Gives the own claim up. Should that fail, or take long, the claim ends by itself: the caller gets what
 * came first.
 */
async function free(target: ComputeTarget, { id, isAlone }: Held): Promise<void> {
  const { operation, input } = freeClaim(target, id, isAlone);
  const sending = writeConditionally(target.transport, operation, input).catch(() => undefined);
  await settledWithin({ clock: target.clock, ms: freeMsMax }, sending);
}
