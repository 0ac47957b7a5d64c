import { isDeepStrictEqual } from 'node:util';

import type { AttributeValue, Item } from './attribute-value.js';
import { pause } from './backoff.js';
import type { Codec } from './codec.js';
import { ConflictError, InvalidInputError } from './errors.js';
import { expirySeconds, type ExpiryOptions } from './expiry.js';
import { checkInteger } from './input-checks.js';
import { checkItemSize } from './item-size.js';
import { checkedOptions, type OptionNames } from './option-names.js';
import type { Random } from './random.js';
import type { CallOptions } from './transport.js';
import { isAbsent, isUnchanged, type RowCondition } from './value-conditions.js';
import { fullRow, getRow } from './value-requests.js';
import { storedValue, type StoredValue } from './value-row.js';
import { fromWireJson, toWireJson } from './wire-json.js';
import { writeValue, type ValueTarget } from './write-value.js';

/** How a value is changed. */
export interface ChangeOptions extends CallOptions, ExpiryOptions {
  /**
   * How many times the change is computed and sent before a `ConflictError`.
   *
   * @default 50
   */
  readonly attemptsMax?: number | undefined;
}

/** The names of `ChangeOptions`. */
export const changeOptionNames: OptionNames<ChangeOptions> = {
  ttlSeconds: true,
  expiresAtMs: true,
  attemptsMax: true,
  signal: true,
};

/** The row whose value is changed, and what it takes. */
export interface ChangeTarget extends ValueTarget {
  readonly codec: Codec;
  readonly random: Random;
}

const attemptsMaxDefault = 50;
/** Fifty clients on one row send about half as many requests as with a first pause of 4 ms. */
const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * Changes a value by a function of it, with optimistic concurrency: read, compute, write if it is
 * still what was read, else again. A retry computes from the row that the failed condition returned;
 * after every second conflict the change steps back with full jitter and reads again.
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
  const given = checkedOptions(options, changeOptionNames);
  const { attemptsMax = attemptsMaxDefault, signal, ...expiry } = given;
  checkInteger('attemptsMax', attemptsMax, 1);
  expirySeconds(expiry, target.clock);
  let item = await readRow(target, signal);
  for (let attempt = 1; ; attempt++) {
    const result = await tryChange(target, item, change, expiry, signal);
    if (result.done) return result.value;
    if (attempt >= attemptsMax) throw new ConflictError(target.callerKey, attempt);
    if (attempt % 2 === 1) {
      // The existing row is as fresh as a read could be: use it at once.
      item = result.item;
    } else {
      await pause(attempt / 2, backoff, { ...target, signal });
      item = await readRow(target, signal);
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
  const now = clock.now();
  const stored = storedValue(item, target, now);
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
  checkItemSize(callerKey, fullRow(target, { ...write, expiresAt: given }));
  const demand = (nowMs: number): RowCondition =>
    stored === undefined ? isAbsent(nowMs) : isUnchanged(stored, nowMs);
  const written = await writeValue(target, write, demand, { signal });
  if (!written.isSet) return { done: false, item: written.item };
  return { done: true, value: await codec.decode(data, callerKey) };
}

/** Throws where the change returned nothing for a value that it has changed in place. */
async function checkUntouched(
  { codec, callerKey }: ChangeTarget,
  stored: StoredValue | undefined,
  current: unknown,
): Promise<void> {
  if (stored === undefined || typeof current !== 'object' || current === null) return;
  const before = await codec.encode(await codec.decode(stored.data, callerKey), callerKey);
  if (isSameData(await codec.encode(current, callerKey), before)) return;
  const allowed = 'the value that it changed in place, as nothing else is stored';
  throw new InvalidInputError('what the change returns', undefined, allowed);
}

async function readRow(
  target: ChangeTarget,
  signal: AbortSignal | undefined,
): Promise<Item | undefined> {
  return (await target.transport.call('GetItem', getRow(target, true), { signal })).Item;
}

/** Whether two attributes store the same; a `Buffer` is the `Uint8Array` of its bytes. */
function isSameData(one: AttributeValue, other: AttributeValue | undefined): boolean {
  if (other === undefined) return false;
  if (one.S !== undefined) return one.S === other.S;
  return isDeepStrictEqual(fromWireJson(toWireJson(one)), fromWireJson(toWireJson(other)));
}
