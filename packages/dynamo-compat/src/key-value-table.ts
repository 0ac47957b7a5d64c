import type { PagePointer } from '@x/dynamo-core';
import { keysTable, KeyValueTable as Values } from '@x/dynamo-kv';

import { settingsOf, type TableProps } from './settings.js';
import type { Brand } from './types.js';

/** What a `KeyValueTable` is made with. */
export interface KeyValueTableProps extends TableProps {
  /** @default 'global' */
  readonly namespace?: string | undefined;
}

/** Where the next page begins. */
export type KeyValueTablePageItem = Brand<string, 'KeyValueTablePageItem'>;

/** A page of `listAll`. */
export interface KeyValueList<T> {
  items: T[];
  pagePointer?: KeyValueTablePageItem;
}

/** Which page `listAll` answers with. */
export interface ListProps {
  readonly pageItem?: KeyValueTablePageItem | undefined;
  readonly limit?: number | undefined;
  readonly keyContains?: string | undefined;
}

/** How `streamAll` goes through the table. */
export interface StreamProps {
  /** In milliseconds. */
  readonly minimumDelayBetween?: number | undefined;
  readonly keyContains?: string | undefined;
}

/** Values by id, by the original's interface over `@x/dynamo-kv`. */
export class KeyValueTable {
  readonly #values: Values;

  /** Sends nothing. */
  constructor({ namespace = 'global', ...props }: KeyValueTableProps = {}) {
    this.#values = new Values({ ...settingsOf(props, keysTable.name), namespace });
  }

  /** The value of an id, or `undefined`. */
  async get<T>(id: string): Promise<T | undefined> {
    return this.#values.get<T>(id);
  }

  /** The values that there are, in the order of the ids. */
  async getBatch<T>(ids: readonly string[]): Promise<T[]> {
    return this.#values.getBatch<T>(ids);
  }

  /** Stores a value in place of what was there. */
  async set<T>(id: string, data: T): Promise<void> {
    await this.#values.set(id, data);
  }

  /** Stores ids as their own values, as the original's README has it, or pairs of id and value. */
  async setBatch<T>(entries: readonly (string | readonly [id: string, data: T])[]): Promise<void> {
    await this.#values.setBatch(entries);
  }

  /** Deletes a value. */
  async delete(id: string): Promise<void> {
    await this.#values.delete(id);
  }

  /**
   * Changes a value by a function of it, which may be called again after a concurrent change. Not the
   * original's: `KeySetValueTable` needs it.
   */
  async update<T>(
    id: string,
    change: (current: T | undefined) => T | undefined,
  ): Promise<T | undefined> {
    return this.#values.update<T>(id, change);
  }

  /** One page of the namespace, or `undefined` where it has no item. */
  async listAll<K = string, V = unknown>(
    props: ListProps = {},
  ): Promise<KeyValueList<[K, V]> | undefined> {
    const { items, pagePointer } = await this.#values.listAll<string, V>({
      ...containing(props),
      pageItem: props.pageItem as string | undefined as PagePointer | undefined,
    });
    if (items.length === 0 && pagePointer === undefined) return undefined;
    const page = { items: items as [unknown, V][] as [K, V][] };
    return pagePointer === undefined
      ? page
      : { ...page, pagePointer: pagePointer as string as KeyValueTablePageItem };
  }

  /** All items of the namespace, `perPage` rows for each request. */
  streamAll<T>(perPage: number, props: StreamProps = {}): AsyncGenerator<[string, T], void> {
    return this.#values.streamAll<T>(perPage, containing(props));
  }
}

/** An empty text is in every key. */
function containing<P extends ListProps | StreamProps>(props: P): P {
  return { ...props, keyContains: props.keyContains === '' ? undefined : props.keyContains };
}
