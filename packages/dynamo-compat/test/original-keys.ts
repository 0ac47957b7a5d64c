import { N, S, type Dynamo, type DynamoTransport, type Item } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';

import { told, valueOf } from './original-answers.js';

/** The requests of the original's tables by key, literally: `KeyValueTable` and `KeyValueCounter`. */
export class OriginalKeys {
  readonly #dynamo: DynamoTransport;
  readonly #tableName: string;
  readonly #namespace: string;

  constructor(dynamo: Dynamo, tableName: string, namespace: string) {
    this.#dynamo = toTransport(dynamo);
    this.#tableName = tableName;
    this.#namespace = namespace;
  }

  /** A missing table reads as a missing row. */
  async get(id: string): Promise<unknown> {
    try {
      return (await this.getBatch([id]))[0];
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  /** Whatever the one request answers, in its order. */
  async getBatch(ids: readonly string[]): Promise<unknown[]> {
    return (await this.#rows(ids)).flatMap((row) => valueOf(row) ?? []);
  }

  async set(id: string, data: unknown): Promise<void> {
    const value = { S: JSON.stringify(data) };
    const input = { TableName: this.#tableName, Item: { ...this.#key(id), data: value } };
    await told(() => this.#dynamo.call('PutItem', input));
  }

  async delete(id: string): Promise<void> {
    const input = { TableName: this.#tableName, Key: this.#key(id) };
    await told(() => this.#dynamo.call('DeleteItem', input));
  }

  /** The keys as they are stored, of any namespace; the filter has a name also where there is none. */
  async listAll({ keyContains, limit = 1000, pageItem }: Listing = {}): Promise<Page | undefined> {
    const { Items: rows = [], LastEvaluatedKey: pagePointer } = await told(() =>
      this.#dynamo.call('Scan', {
        TableName: this.#tableName,
        Limit: limit,
        ExclusiveStartKey: pageItem,
        ExpressionAttributeNames: { '#key': 'key' },
        ...(keyContains && {
          FilterExpression: 'contains(#key, :val)',
          ExpressionAttributeValues: { ':val': S(keyContains) },
        }),
      }),
    );
    const items = rows.map((row) => [row['key']?.S ?? '', valueOf(row)] as const);
    return items.length === 0 ? undefined : { items, ...(pagePointer && { pagePointer }) };
  }

  async incr(id: string, by = 1): Promise<number> {
    const { Attributes: row } = await told(() =>
      this.#dynamo.call('UpdateItem', {
        TableName: this.#tableName,
        Key: this.#key(id),
        UpdateExpression: 'add #count :value',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':value': N(by) },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(row?.['count']?.N);
  }

  /** The counts that there are, in the order of the answer, and then the ids that have none. */
  async counts(ids: readonly string[]): Promise<{ id: string; count?: number }[]> {
    const found = (await this.#rows(ids)).map((row) => ({
      id: ids.find((id) => this.#key(id)['key']?.S === row['key']?.S) ?? '',
      count: Number(row['count']?.N ?? 0),
    }));
    const absent = ids.filter((id) => found.every((count) => count.id !== id));
    return [...found, ...absent.map((id) => ({ id }))];
  }

  async #rows(ids: readonly string[]): Promise<Item[]> {
    const Keys = ids.map((id) => this.#key(id));
    const input = { RequestItems: { [this.#tableName]: { Keys } } };
    const { Responses } = await told(() => this.#dynamo.call('BatchGetItem', input));
    return Responses?.[this.#tableName] ?? [];
  }

  #key(id: string): Item {
    return { key: S(this.#namespace === '' ? id : `${this.#namespace}.${id}`) };
  }
}

interface Listing {
  readonly keyContains?: string;
  readonly limit?: number;
  readonly pageItem?: Item;
}

interface Page {
  readonly items: (readonly [string, unknown])[];
  readonly pagePointer?: Item;
}
