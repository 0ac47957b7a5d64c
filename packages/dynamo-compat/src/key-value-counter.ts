import type { Item } from '@x/dynamo-core';
import {
  connect,
  keyAddress,
  remembers,
  writeConditionally,
  type Connection,
} from '@x/dynamo-core/mechanism';
import { keysTable, KeyValueCounter as Counters } from '@x/dynamo-counter';

import { addFraction, changeRegisters } from './requests.js';
import { settingsOf, type TableProps } from './settings.js';

/** What a `KeyValueCounter` is made with. */
export interface KeyValueCounterProps extends TableProps {
  readonly namespace: string;
}

/** The count of an id; without a `count` where there is no counter. */
export interface KeyCount<K = string> {
  id: K;
  count?: number;
}

/** Counters by id, by the original's interface over `@x/dynamo-counter`. */
export class KeyValueCounter {
  readonly #counters: Counters;
  readonly #connection: Connection;
  readonly #namespace: string;

  /** Sends nothing. */
  constructor({ namespace, ...props }: KeyValueCounterProps) {
    const options = settingsOf(props, keysTable.name);
    this.#connection = connect(options, keysTable.name);
    this.#namespace = namespace;
    this.#counters = new Counters({ ...options, namespace });
  }

  /** The counts of ids, in their order; without a `count` where there is no counter. */
  async get<K extends string = string>(ids: readonly K[]): Promise<KeyCount<K>[]> {
    return this.#counters.get(ids);
  }

  /** Adds to a counter and answers with the new count. See `addTo` for fractions. */
  async incr<K extends string = string>(id: K, by = 1): Promise<number> {
    if (!isFraction(by)) return this.#counters.incr(id, by);
    return addTo(this.#connection, keyAddress(this.#namespace, id).key, by);
  }

  /** Takes away from a counter and answers with the new count. */
  async decr<K extends string = string>(id: K, by = 1): Promise<number> {
    return this.incr(id, -by);
  }

  /** Removes a counter. */
  async delete<K extends string = string>(id: K): Promise<void> {
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
  async get(keys: readonly K[]): Promise<KeyCount<K>[]> {
    const asked = [...keys];
    const counts = await this.#counter.get(asked.map((key) => this.#toId(key)));
    return asked.map((id, index) => ({ ...counts[index], id }));
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
 * Adds a fraction, which is counted once: a repeat after a lost response finds its id in the row.
 * DynamoDB adds decimals, so that 0.1 and 0.2 are 0.3.
 */
export async function addTo(
  { transport, tableName, random }: Connection,
  key: Item,
  by: number,
): Promise<number> {
  const id = random.id();
  const input = addFraction(tableName, key, { by, id });
  const { item } = await writeConditionally(transport, 'UpdateItem', input, {
    isMine: (row) => remembers(row, changeRegisters, id),
    mustExist: key,
  });
  return Number(item?.['count']?.N);
}
