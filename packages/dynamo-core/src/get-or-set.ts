import { fullJitterMs } from './backoff.js';
import type { ComputeContext, GetOrSetOptions, ChangeTarget } from './value-options.js';
import {
  claimOf,
  claimRow,
  freeClaim,
  freshUntilMs,
  storeComputed,
  hasValue,
} from './get-or-set-requests.js';
import { readItem, writeConditionally } from './send.js';
import { mayBeApplied } from './may-be-applied.js';
import { backgroundSleep, abortable, whenAborted, type Clock } from './clock.js';
import type { CallOptions, DynamoInput, Item } from './transport.js';
import { isShort } from './attributes.js';
import { InvalidInputError } from './errors.js';
import { checkFunction, checkPositive, expirySeconds } from './input-checks.js';
import { ConflictError } from './write-errors.js';
import { checkRowSize } from './value-requests.js';
import { writeNow, sendValue, storedValue } from './write-value.js';
import { valueRefusal } from './row-kinds.js';

/** What a call of `getOrSet` runs. */
export type Compute = (context: ComputeContext) => unknown;

/** Who waits looks again after about as long again: a thousand together about 500 times a second. */
const backoff = { firstMs: 50, maxMs: 4_000 };
/** A claim is taken over only this long after its end: the clocks may differ. */
const toleranceMs = 250;
/** So often a claim is tried that is refused: a row of others may refuse it for ever. */
const refusalsMax = 50;
const leaseMsMax = 86_400_000;
/** A caller waits this long for its claim to be given up. */
const freeMsMax = 250;

/**
 * The value of a row, or what `compute` makes of it, once for all processes while its lease runs. The
 * protocol is in docs/decisions/0013.
 */
export async function getOrSet(
  target: ChangeTarget,
  compute: Compute,
  options: GetOrSetOptions,
): Promise<unknown> {
  const { clock, random, codec, callerKey } = target;
  const given = checkedComputation(compute, options, clock);
  const { signal } = given;
  const read = (isConsistent: boolean): Promise<Item | undefined> =>
    readItem(target, isConsistent, { signal });
  let item = await read(false);
  for (let round = 0, refusals = 0; ; round++) {
    const nowMs = clock.now();
    const stored = storedValue(item, target, nowMs);
    const freshMs = freshUntilMs(item, stored?.version) ?? Infinity;
    // Whoever computes the value of another namespace makes none of this one.
    const isOthers = stored === undefined && hasValue(target, item, nowMs);
    const claim = isOthers ? undefined : claimOf(item);
    const isClaimed = claim && nowMs < claim.endMs + toleranceMs;
    const staleMs = isClaimed ? given.staleSeconds * 1000 : 0;
    if (stored && nowMs < freshMs + staleMs) return codec.decode(stored.data, callerKey);
    if (isClaimed) {
      await clock.sleep(fullJitterMs(round, backoff, random), { signal });
      item = await read(true);
      continue;
    }
    const taken = await takeClaim(target, item, given);
    if (taken.held) {
      if (clock.monotonic() < taken.held.endsAtMs) {
        return computeOnce(target, compute, given, taken.held);
      }
      // The answer came after the lease: another may compute by now.
      await free(target, taken.held);
      item = await read(true);
      continue;
    }
    item = taken.item;
    // Where the row changes all the time, look again more slowly, and not for ever.
    if (round > 3) await clock.sleep(fullJitterMs(round, backoff, random), { signal });
    if (++refusals > refusalsMax) throw new ConflictError(callerKey, refusals);
  }
}

/** The options of a computation, with their defaults. */
interface Computation extends CallOptions {
  readonly ttlSeconds: number;
  readonly staleSeconds: number;
  readonly leaseMs: number;
}

/** The options with their defaults. Throws an `InvalidInputError` for a bad one. */
function checkedComputation(compute: unknown, options: GetOrSetOptions, clock: Clock): Computation {
  const { ttlSeconds, staleSeconds = 0, leaseMs = 30_000 } = options;
  checkFunction('compute', compute);
  if (typeof staleSeconds !== 'number' || !(staleSeconds >= 0)) {
    throw new InvalidInputError('staleSeconds', staleSeconds, 'a number of seconds, 0 or more');
  }
  checkPositive('ttlSeconds', ttlSeconds);
  expirySeconds({ ttlSeconds: ttlSeconds + staleSeconds }, clock);
  if (leaseMs > leaseMsMax)
    throw new InvalidInputError('leaseMs', leaseMs, `at most ${leaseMsMax}`);
  return { ...options, staleSeconds, leaseMs };
}

/** A claim that was made, and the row before it. */
interface HeldClaim {
  readonly id: string;
  readonly from: Item | undefined;
  /** When its lease ends, in monotonic time: it counts from before the request was sent. */
  readonly endsAtMs: number;
  /** Whether the row holds nothing but the claim. */
  readonly isAlone: boolean;
}

/** The claim, or the row that refused it. */
interface Taken {
  readonly held?: HeldClaim;
  readonly item?: Item | undefined;
}

async function takeClaim(
  target: ChangeTarget,
  from: Item | undefined,
  { leaseMs, signal }: Computation,
): Promise<Taken> {
  const { transport, clock, random } = target;
  const id = random.id();
  let isAlone = false;
  let endsAtMs = 0;
  const build = (): DynamoInput<'UpdateItem'> => {
    const nowMs = clock.now();
    isAlone = !hasValue(target, from, nowMs);
    endsAtMs = clock.monotonic() + leaseMs;
    return claimRow(target, from, { id, endMs: nowMs + Math.ceil(leaseMs) }, nowMs);
  };
  const result = await writeConditionally(transport, 'UpdateItem', build, {
    isMine: (item) => claimOf(item)?.id === id,
    mustExist: target.key,
    signal,
  }).catch(async (error: unknown) => {
    if (mayBeApplied(error, signal)) await free(target, { id, isAlone });
    throw error;
  });
  if (result.outcome !== 'refused') {
    return { held: { id, from, endsAtMs, isAlone } };
  }
  const { item } = result;
  // Throws for another namespace's row, and for one that holds another thing and no value to answer with.
  if (item && storedValue(item, target, clock.now()) === undefined) {
    valueRefusal(target, { expiry: { ttlSeconds: 1 } }, undefined, item);
  }
  return { item };
}

async function computeOnce(
  target: ChangeTarget,
  compute: Compute,
  given: Computation,
  held: HeldClaim,
): Promise<unknown> {
  const { codec, callerKey, random, clock } = target;
  const { signal, ttlSeconds, staleSeconds } = given;
  const lease = new AbortController();
  const stop = new AbortController();
  const unfollow = whenAborted(signal, () => lease.abort(signal?.reason));
  const ending = backgroundSleep(clock, held.endsAtMs - clock.monotonic(), stop.signal).then(
    (hasEnded) => {
      if (hasEnded) lease.abort(new DOMException('Lease ended', 'TimeoutError'));
    },
  );
  try {
    const value = await abortable(signal, async () => compute({ signal: lease.signal }));
    if (value === undefined) {
      await free(target, held);
      return undefined;
    }
    const data = await codec.encode(value, callerKey);
    const expiry = { ttlSeconds: ttlSeconds + staleSeconds };
    const change = { data, version: random.id(), expiry, mayBeMissing: true };
    if (!isShort(data)) checkRowSize(target, writeNow(target, change));
    const build = (): DynamoInput<'UpdateItem'> =>
      storeComputed(target, writeNow(target, change), {
        ...held,
        freshMs: clock.now() + ttlSeconds * 1000,
      });
    const { outcome } = await sendValue(target, change, build, { signal });
    // Beside what was set since, nobody waits for the claim; once that has expired, all would.
    if (outcome === 'refused') await free(target, { ...held, isAlone: false });
    return await codec.decode(data, callerKey);
  } catch (error) {
    await free(target, held);
    throw error;
  } finally {
    stop.abort();
    unfollow();
    await ending;
  }
}

/**
 * Gives the own claim up. Should that fail, or take long, the claim ends by itself: the caller gets what
 * came first.
 */
async function free(
  target: ChangeTarget,
  { id, isAlone }: Pick<HeldClaim, 'id' | 'isAlone'>,
): Promise<void> {
  const { operation, input } = freeClaim(target, id, isAlone);
  const ended = new AbortController();
  writeConditionally(target.transport, operation, input).then(
    () => ended.abort(),
    () => ended.abort(),
  );
  await backgroundSleep(target.clock, freeMsMax, ended.signal);
}
