import { isDeepStrictEqual } from 'node:util';

import type { AttributeValue, Item } from './attribute-value.js';
import { pause } from './backoff.js';
import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import { writeConditionally } from './conditional-write.js';
import { ConflictError, type CallerKey } from './errors.js';
import { expirySeconds, type ExpiryOptions } from './expiry.js';
import { checkInteger } from './input-checks.js';
import { checkItemSize } from './item-size.js';
import type { Random } from './random.js';
import type { CallOptions, DynamoTransport } from './transport.js';
import {
  getRow,
  isAbsent,
  isUnchanged,
  setValue,
  valueRow,
  type RowAddress,
} from './value-requests.js';
import { checkOwner, nextVersion, storedValue, wroteRow } from './value-row.js';
import { fromWireJson, toWireJson } from './wire-json.js';

/** How a value is changed. */
export interface ChangeOptions extends CallOptions, ExpiryOptions {
  /**
   * How many times the change is computed and sent before a `ConflictError`.
   *
   * @default 50
   */
  readonly attemptsMax?: number | undefined;
}

/** The row whose value is changed, and what it takes. */
export interface ChangeTarget extends RowAddress {
  readonly transport: DynamoTransport;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly random: Random;
  /** The key, for errors. */
  readonly callerKey: CallerKey;
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
  { attemptsMax = attemptsMaxDefault, signal, ...expiry }: ChangeOptions = {},
): Promise<unknown> {
  checkInteger('attemptsMax', attemptsMax, 1);
  const given = expirySeconds(expiry, target.clock);
  let item = await readRow(target, signal);
  for (let attempt = 1; ; attempt++) {
    const result = await tryChange(target, item, change, given, signal);
    if (result.done) return result.value;
    if (attempt >= attemptsMax) throw new ConflictError(target.callerKey, attempt);
    if (attempt % 2 === 1) {
      // What the condition met is as fresh as a read could be: use it at once.
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
  given: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const { transport, codec, clock, random, names, callerKey } = target;
  const now = clock.now();
  const stored = storedValue(item, target, now);
  const current = stored && (await codec.decode(stored.data, callerKey));
  const value = await change(current);
  if (value === undefined) return { done: true, value: current };

  const data = await codec.encode(value, callerKey);
  const expiresAt = given ?? stored?.expiresAt;
  if (isSameData(data, stored?.data) && expiresAt === stored?.expiresAt)
    return { done: true, value: current };

  const id = random.id();
  const write = { data, version: nextVersion(id, stored?.version), expiresAt };
  checkItemSize(callerKey, valueRow(target, write));
  const condition = stored === undefined ? isAbsent(now) : isUnchanged(stored, now);
  const input = setValue(target, write, condition);
  const outcome = await writeConditionally(transport, 'UpdateItem', input, {
    isMine: (met) => wroteRow(met, id, names),
    // Also where the row may be gone: an own write that is not recognised would be applied twice.
    mustExist: target.key,
    signal,
  });
  if (outcome.outcome !== 'refused') return { done: true, value };
  checkOwner(callerKey, outcome.item, target.owner);
  return { done: false, item: outcome.item };
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
