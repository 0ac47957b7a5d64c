import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';
import { keyAddress } from '@x/dynamo-core/mechanism';
import { keysTable, KeyValueCounter as Counters, type KeyCount } from '@x/dynamo-counter';

import { addFraction } from './requests.js';
import { connectionOf, settingsOf, type TableProps, type TableSettings } from './settings.js';

/** What a `KeyValueCounter` is made with. */
export interface KeyValueCounterProps extends TableProps {
  readonly namespace: string;
}

/** Counters by id, by the original's interface over `@x/dynamo-counter`. */
export class KeyValueCounter {
  readonly #counters: Counters;
  readonly #settings: TableSettings;
  readonly #namespace: string;

  /** Sends nothing. */
  constructor({ namespace, ...props }: KeyValueCounterProps) {
    this.#settings = settingsOf(props, keysTable.name);
    this.#namespace = namespace;
    this.#counters = new Counters({ ...connectionOf(this.#settings), namespace });
  }

  /** The counts of ids, in their order; without a `count` where there is no counter. */
  async get<K extends string>(ids: readonly K[]): Promise<KeyCount<K>[]> {
    return this.#counters.get(ids);
  }

  /** Adds to a counter and answers with the new count. See `addTo` for fractions. */
  async incr<K extends string>(id: K, by = 1): Promise<number> {
    if (!isFraction(by)) return this.#counters.incr(id, by);
    return addTo(this.#settings, keyAddress(this.#namespace, id).key, by);
  }

  /** Takes away from a counter and answers with the new count. */
  async decr<K extends string>(id: K, by = 1): Promise<number> {
    return this.incr(id, -by);
  }

  /** Removes a counter. */
  async delete<K extends string>(id: K): Promise<void> {
    await this.#counters.delete(id);
  }
}

/** Counters by keys of any type: `toId` says which id stands for a key. */
export class KeyValueScopedCounter<K> {
  readonly #toId: (key: K) => string;
  readonly #counter: Pick<KeyValueCounter, 'get' | 'incr' | 'decr' | 'delete'>;

  /** Sends nothing. */
  constructor(
    toId: (key: K) => string,
    counter: Pick<KeyValueCounter, 'get' | 'incr' | 'decr' | 'delete'>,
  ) {
    this.#toId = toId;
    this.#counter = counter;
  }

  /** Removes the counter of a key. */
  async reset(key: K): Promise<void> {
    await this.#counter.delete(this.#toId(key));
  }

  /** The counts of keys, in their order. */
  async get(keys: readonly K[]): Promise<{ id: K; count?: number | undefined }[]> {
    const counts = await this.#counter.get(keys.map((key) => this.#toId(key)));
    return keys.map((id, index) => ({ ...counts[index], id }));
  }

  /** The count of a key, 0 where there is none. */
  async current(key: K): Promise<number> {
    const [found] = await this.get([key]);
    return found?.count ?? 0;
  }

  /** Adds to the counter of a key. */
  async inc(key: K, by = 1): Promise<number> {
    return this.#counter.incr(this.#toId(key), by);
  }

  /** Takes 1 away from the counter of a key. */
  async decr(key: K): Promise<number> {
    return this.#counter.decr(this.#toId(key));
  }
}

/** Whether only the original counts by this number. Ours refuse what is no number at all. */
export function isFraction(by: number): boolean {
  return Number.isFinite(by) && !Number.isInteger(by);
}

/**
 * Adds a fraction as the original does: one plain ADD, which counts twice where the SDK repeats it
 * after a lost response. DynamoDB adds decimals, so that 0.1 and 0.2 are 0.3.
 */
export async function addTo(
  { dynamo, tableName }: { readonly dynamo: DynamoDBClient; readonly tableName: string },
  key: Item,
  by: number,
): Promise<number> {
  const output = await dynamo.send(new UpdateItemCommand(addFraction(tableName, key, by)));
  return Number(output.Attributes?.['count']?.N);
}
