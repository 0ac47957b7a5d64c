import type { ExpiryOptions } from '@x/dynamo-core';
import { deleteFound, withServerClock } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';
import type { StorageMeta, TransactionOptions } from 'unstorage';

import { itemCodec, itemOf, textOf, type Item } from './item-codec.js';
import { resolveOptions, type DynamoDriver, type DynamoDriverOptions } from './options.js';

/**
 * A driver for `unstorage` (1.16 and later) that keeps each item in a row of a `@x/dynamo-kv` table. It is
 * the default export as well, for the configuration of Nitro.
 *
 * `getItem`, `getItemRaw` and `getMeta` are one consistent GetItem each, `hasItem` one Query, `setItem` and
 * `setItemRaw` one UpdateItem, `removeItem` one DeleteItem; `getItems` is a BatchGetItem for each 100
 * keys, `setItems` a BatchWriteItem for each 25. `getKeys` and `clear` scan the table, up to `scanRowsMax`
 * rows. A `setItem` whose response is lost and that is repeated does not undo what came after it.
 *
 * An item with a `ttl` (seconds, of the call or of the driver) is absent from its end on, whether or not
 * Time to Live has removed the row. Bytes are stored as bytes. Throws an `InvalidInputError` for options
 * and values that it cannot take, before anything is sent; errors of the SDK pass through.
 *
 * @example
 * ```ts
 * import { dynamoDriver } from '@x/dynamo-unstorage';
 * import { createStorage } from 'unstorage';
 *
 * const storage = createStorage({ driver: dynamoDriver({ tableName: 'my-keys' }) });
 * await storage.setItem('users:ann', { plan: 'pro' }, { ttl: 3_600 });
 * console.log(await storage.getItem('users:ann'));
 * ```
 */
export function dynamoDriver(options?: DynamoDriverOptions): DynamoDriver {
  const { table, ttlSeconds, bound } = resolveOptions(options);
  const timed = withServerClock(table);
  const rows = new KeyValueTable<Item>({ ...timed, codec: itemCodec });
  // Whoever stored something reads it.
  const fresh = { consistent: true };
  const set = (key: string, item: Item, given?: TransactionOptions): Promise<void> =>
    rows.set(key, item, expiry(given, ttlSeconds));
  const keysOf = (method: string, base: string | undefined): AsyncGenerator<string> =>
    rows.ids({ ...fresh, prefix: prefixOf(base), onProgress: bound(method) });

  return {
    name: 'dynamodb',
    // Depth is filtered by unstorage: only it knows where this storage is mounted.
    flags: { ttl: true },
    hasItem: (key) => rows.has(key, fresh),
    getItem: async (key) => {
      const item = await rows.get(key, fresh);
      return item === undefined ? null : textOf(item);
    },
    getItems: async (items) => {
      const keys = items.map(({ key }) => key);
      const found = await rows.getMany(keys, fresh);
      return keys.map((key, index) => {
        const item = found[index];
        return { key, value: item === undefined ? null : textOf(item) };
      });
    },
    getItemRaw: async (key) => (await rows.get(key, fresh)) ?? null,
    setItem: (key, value, given) => set(key, value, given),
    setItems: async (items, common) => {
      // Of two items with one key the last stays, as if they were set one after the other.
      const entries = new Map(
        items.map(({ key, value, options: own }) => {
          const given = { ...common, ...own };
          return [key, [key, value, expiry(given, ttlSeconds)] as const];
        }),
      );
      await rows.setMany([...entries.values()]);
    },
    setItemRaw: async (key, value, given) => set(key, itemOf(key, value), given),
    removeItem: async (key) => {
      await rows.delete(key);
    },
    getMeta: async (key) => {
      const entry = await rows.getEntry(key, fresh);
      if (entry === undefined) return null;
      const meta: StorageMeta = {};
      if (entry.expiresAtMs !== undefined) {
        // Whole seconds: the server of unstorage makes a header of it.
        meta.ttl = Math.max(0, Math.floor((entry.expiresAtMs - timed.clock.now()) / 1000));
      }
      return meta;
    },
    getKeys: async (base) => {
      const keys: string[] = [];
      for await (const key of keysOf('getKeys()', base)) keys.push(key);
      return keys;
    },
    clear: (base) => deleteFound(keysOf('clear()', base), (keys) => rows.deleteMany(keys)),
  };
}

/** An item that lives longer than rows can say, to the year 5138, does not end. */
const forEverSeconds = 9e10;

/** When an item expires; unstorage takes a `ttl` of 0 for none, as its other drivers do. */
function expiry(given: TransactionOptions | undefined, ttlSeconds?: number): ExpiryOptions {
  const ttl = (given?.['ttl'] as number | null | undefined) ?? ttlSeconds;
  return ttl === undefined || ttl === 0 || ttl >= forEverSeconds ? {} : { ttlSeconds: ttl };
}

/** What the keys below a base begin with: `a` holds `a:b`, and neither `a` nor `ab`. */
function prefixOf(base: string | undefined): string | undefined {
  if (!base) return undefined;
  return base.endsWith(':') ? base : `${base}:`;
}
