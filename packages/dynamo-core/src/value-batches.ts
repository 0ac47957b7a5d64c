import { batchGet, batchWrite } from './batches.js';
import { checkedOptions, expiryOptionNames, listOf, type ExpiryOptions } from './input-checks.js';
import {
  readOptionNames,
  writeOptionNames,
  type Entry,
  type ReadOptions,
  type ValueStore,
  type WriteOptions,
} from './value-options.js';
import { entryOf } from './value-entry.js';
import { prepare } from './value-table.js';
import { locate, valueRow, writeNow } from './write-value.js';

/** The values of many keys, aligned with them; `undefined` for absent ones. */
export async function readMany<K>(
  rows: ValueStore<K>,
  keys: readonly K[],
  options?: ReadOptions,
): Promise<(Entry<unknown> | undefined)[]> {
  const { consistent, signal } = checkedOptions(options, readOptionNames);
  const asked = listOf('keys', keys).map((key) => locate(rows, key));
  const items = await batchGet(asked, { ...rows, consistent, signal });
  const call = {};
  return Promise.all(
    asked.map(({ callerKey }, index) => entryOf(rows, callerKey, items[index], call)),
  );
}

/**
 * Stores many values, each as a row of its own that replaces what was there. The expiry of an entry
 * goes before that of the call.
 */
export async function writeMany<K>(
  rows: ValueStore<K>,
  entries: readonly (readonly [key: K, value: unknown, expiry?: ExpiryOptions])[],
  options?: WriteOptions,
): Promise<void> {
  const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
  // Kept until it is sent is what was encoded: the caller may change the values, and a bad one is
  // refused before anything is sent.
  const changes = await Promise.all(
    entries.map(async ([key, value, own]) => {
      const { ttlSeconds, expiresAtMs } = checkedOptions(own, expiryOptionNames);
      const hasOwn = ttlSeconds !== undefined || expiresAtMs !== undefined;
      const end = hasOwn ? { ttlSeconds, expiresAtMs } : expiry;
      const prepared = prepare(rows, key, value, end);
      const { target, write } = 'then' in prepared ? await prepared : prepared;
      const { key: row, displayKey, callerKey } = target;
      return {
        key: row,
        displayKey,
        callerKey,
        put: () => valueRow(target, writeNow(target, write)),
      };
    }),
  );
  await batchWrite(changes, { ...rows, signal });
}
