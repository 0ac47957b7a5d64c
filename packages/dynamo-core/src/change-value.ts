import { isSameData, isShort } from './attributes.js';
import { pause } from './backoff.js';
import { ConflictError } from './errors.js';
import {
  checkedOptions,
  checkFunction,
  checkInteger,
  expirySeconds,
  type ExpiryOptions,
} from './input-checks.js';
import type { Item } from './transport.js';
import { changeOptionNames, type ChangeOptions, type ChangeTarget } from './value-options.js';
import { checkRowSize } from './value-requests.js';
import { checkUntouched } from './value-row.js';
import {
  getRow,
  isAbsent,
  isUnchanged,
  storedValue,
  writeValue,
  type Demand,
} from './write-value.js';

const attemptsMaxDefault = 50;

/** Two hundred clients on one row send 7 requests for each change; a half of each pause, 10. */
const backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * Changes a value by a function of it, with optimistic concurrency: read, compute, write if it is
 * still what was read, else again. A retry computes from the row that the failed condition returned;
 * after every second conflict the change steps back, each time up to four times as long, with full
 * jitter, and reads again.
 *
 * Two requests without a conflict (a consistent read and a write); one when the change is a no-op:
 * `change` returned `undefined`, or what is stored already. A change without an expiry of its own
 * keeps the one of the value. Throws a `ConflictError` after `attemptsMax` conflicts.
 */
export async function changeValue(
  target: ChangeTarget,
  change: (current: unknown) => unknown,
  options?: ChangeOptions,
): Promise<unknown> {
  checkFunction('change', change);
  const given = checkedOptions(options, changeOptionNames);
  const { attemptsMax = attemptsMaxDefault, signal, ...expiry } = given;
  checkInteger('attemptsMax', attemptsMax, 1);
  expirySeconds(expiry, target.clock);
  const read = () => target.transport.call('GetItem', getRow(target, true), { signal });
  let item = (await read()).Item;
  for (let attempt = 1; ; attempt++) {
    const result = await tryChange(target, item, change, expiry, signal);
    if (result.done) return result.value;
    if (attempt >= attemptsMax) throw new ConflictError(target.callerKey, attempt);
    if (attempt % 2 === 1) {
      // The existing row is as fresh as a read could be: use it at once.
      item = result.item;
    } else {
      await pause(attempt, backoff, { ...target, signal });
      item = (await read()).Item;
    }
  }
}

type Attempt =
  | { readonly done: true; readonly value: unknown }
  | { readonly done: false; readonly item: Item | undefined };

async function tryChange(
  target: ChangeTarget,
  item: Item | undefined,
  change: (current: unknown) => unknown,
  expiry: ExpiryOptions,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const { codec, clock, random, callerKey } = target;
  const stored = storedValue(item, target, clock.now());
  const current = stored && (await codec.decode(stored.data, callerKey));
  const value = await change(current);
  if (value === undefined) {
    await checkUntouched(target, stored, current);
    return { done: true, value: current };
  }

  const data = await codec.encode(value, callerKey);
  const given = expirySeconds(expiry, clock);
  if (isSameData(data, stored?.data) && (given ?? stored?.expiresAt) === stored?.expiresAt)
    return { done: true, value: current };

  const keepsExpiry = stored !== undefined && given === undefined;
  const write = { data, version: random.id(), expiry, keepsExpiry };
  if (!isShort(data)) checkRowSize(target, { ...write, expiresAt: given });
  const demand: Demand = (nowMs) =>
    stored === undefined ? isAbsent(nowMs) : isUnchanged(stored, nowMs);
  const written = await writeValue(target, write, demand, { signal });
  if (!written.isSet) return { done: false, item: written.item };
  return { done: true, value: await codec.decode(data, callerKey) };
}
