import { isShort } from './attributes.js';
import { pause } from './backoff.js';
import { checkFunction, expirySeconds } from './input-checks.js';
import { readItem } from './send.js';
import type { Item } from './transport.js';
import { isUnchanged } from './value-conditions.js';
import type { ChangeOptions, ChangeTarget } from './value-options.js';
import { ConflictError } from './write-errors.js';
import {
  checkRowSize,
  checkUntouched,
  deleteValue,
  isSameData,
  isThere,
  setIfVersion,
  versionToken,
} from './value-requests.js';
import { isAbsent, storedValue, writeValue, type Demand } from './write-value.js';

// With what else few calls of a table need: they load one module.
export { checkRowSize, deleteValue, isThere, setIfVersion, versionToken };

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
 * keeps the one of the value. Throws a `ConflictError` after `attemptsMax` conflicts. The caller has checked
 * the options, by `changeOptionNames`.
 */
export async function changeValue(
  target: ChangeTarget,
  change: (current: unknown) => unknown,
  { attemptsMax = attemptsMaxDefault, signal, ...expiry }: ChangeOptions,
): Promise<unknown> {
  checkFunction('change', change);
  expirySeconds(expiry, target.clock);
  const { codec, clock, random, callerKey } = target;
  const read = (): Promise<Item | undefined> => readItem(target, true, { signal });
  let item = await read();
  for (let attempt = 1; ; attempt++) {
    const stored = storedValue(item, target, clock.now());
    const current = stored && (await codec.decode(stored.data, callerKey));
    const value = await change(current);
    if (value === undefined) {
      if (stored && typeof current === 'object') await checkUntouched(target, stored, current);
      return current;
    }

    const data = await codec.encode(value, callerKey);
    const expiresAt = expirySeconds(expiry, clock);
    const keepsExpiry = stored !== undefined && expiresAt === undefined;
    const isSame =
      data.S === undefined ? isSameData(data, stored?.data) : data.S === stored?.data.S;
    if (isSame && (keepsExpiry || expiresAt === stored?.expiresAt)) return current;

    const write = { data, version: random.id(), expiry, keepsExpiry };
    if (!isShort(data)) checkRowSize(target, { ...write, expiresAt });
    const demand: Demand = (nowMs) =>
      stored === undefined ? isAbsent(nowMs) : isUnchanged(stored, nowMs);
    const written = await writeValue(target, write, demand, { signal });
    if (written.isSet) return await codec.decode(data, callerKey);

    if (attempt >= attemptsMax) throw new ConflictError(callerKey, attempt);
    if (attempt % 2 === 1) {
      // The existing row is as fresh as a read could be: use it at once.
      item = written.item;
    } else {
      await pause(attempt, backoff, { ...target, signal });
      item = await read();
    }
  }
}
