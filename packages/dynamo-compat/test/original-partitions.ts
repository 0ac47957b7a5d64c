import { createHash } from 'node:crypto';

import { S, type CompoundKey, type Dynamo, type DynamoTransport, type Item } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';

import { succeeds, told, valueOf } from './original-answers.js';

type Inclusion = (left: unknown, right: unknown) => boolean;

/** How many attempts in which time. */
export interface AttemptLimit {
  readonly attemptsMax: number;
  readonly validityTime: number;
}

const isSame: Inclusion = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** The requests of the original's partitioned tables, literally, and of what keeps its rows there. */
export class OriginalPartitions {
  readonly #dynamo: DynamoTransport;
  readonly #tableName: string;

  constructor(dynamo: Dynamo, tableName: string) {
    this.#dynamo = toTransport(dynamo);
    this.#tableName = tableName;
  }

  async get(key: CompoundKey): Promise<unknown> {
    return valueOf(await this.#read(key), this.mappings().dataFieldName);
  }

  /** The row is replaced, with all that others keep in it. */
  async set(key: CompoundKey, data: unknown): Promise<void> {
    await this.setBatch([{ key, data }]);
  }

  /** What DynamoDB leaves unprocessed is not asked for again. */
  async setBatch(
    entries: readonly { readonly key: CompoundKey; readonly data: unknown }[],
  ): Promise<void> {
    const puts = entries.map(({ key, data }) => ({ PutRequest: { Item: this.#row(key, data) } }));
    const input = { RequestItems: { [this.#tableName]: puts } };
    await told(() => this.#dynamo.call('BatchWriteItem', input));
  }

  async setIfNotExists(key: CompoundKey, data: unknown): Promise<boolean> {
    return this.#put(this.#row(key, data), {
      ConditionExpression: 'attribute_not_exists(#key) OR (#sort <> :sort AND #key <> :key)',
      ExpressionAttributeNames: { '#key': 'partitionKey', '#sort': 'sortKey' },
      ExpressionAttributeValues: {
        ':key': S(key.partition),
        ':sort': S(`${key.namespace}.${key.sort}`),
      },
    });
  }

  async exists(key: CompoundKey): Promise<boolean> {
    return (await this.#read(key)) !== undefined;
  }

  async delete(key: CompoundKey): Promise<void> {
    const input = { TableName: this.#tableName, Key: this.#key(key) };
    await told(() => this.#dynamo.call('DeleteItem', input));
  }

  /** The predicate gets (candidate, existing). */
  async addToSet(key: CompoundKey, element: unknown, isIn = isSame): Promise<boolean> {
    return this.#change(key, (elements = []) =>
      elements.some((existing) => isIn(element, existing)) ? undefined : [...elements, element],
    );
  }

  /** The predicate gets (existing, candidate). */
  async removeFromSet(key: CompoundKey, element: unknown, isIn = isSame): Promise<boolean> {
    return this.#change(key, (elements) => elements?.filter((each) => !isIn(each, element)));
  }

  /** Looks, acts and marks. */
  async doOnce(user: string, action: string, nowMs: number, act: () => unknown): Promise<boolean> {
    const key = { partition: user, namespace: 'users', sort: `do_once.${action}` };
    if ((await this.get(key)) !== undefined) return false;
    await act();
    await this.setIfNotExists(key, nowMs);
    return true;
  }

  /** Reads the state of attempts, and writes it where one more is within the limit. */
  async attempt(key: CompoundKey, nowMs: number, limit: AttemptLimit): Promise<boolean> {
    const state = (await this.get(key)) as { created: number; attempts: number } | undefined;
    if (state === undefined || nowMs > state.created + limit.validityTime) {
      await this.set(key, { created: nowMs, attempts: 1 });
      return true;
    }
    if (state.attempts >= limit.attemptsMax) return false;
    await this.set(key, { ...state, attempts: state.attempts + 1 });
    return true;
  }

  /** Subclasses name the attributes. */
  protected mappings(): { readonly dataFieldName: string } {
    return { dataFieldName: 'data' };
  }

  /** Reads, and writes where nobody else changed a set in between: again, until it is written. */
  async #change(
    key: CompoundKey,
    change: (elements: unknown[] | undefined) => unknown[] | undefined,
  ): Promise<boolean> {
    const row = await this.#read(key);
    const elements = change(valueOf(row, this.mappings().dataFieldName) as unknown[] | undefined);
    if (elements === undefined) return false;
    const md5 = createHash('md5').update(JSON.stringify(elements)).digest('hex');
    const isWritten = await this.#put(
      { ...this.#row(key, elements), md5: S(md5) },
      {
        ConditionExpression: 'attribute_not_exists(#md5) OR (#md5 = :md5)',
        ExpressionAttributeNames: { '#md5': 'md5' },
        ExpressionAttributeValues: { ':md5': row?.['md5'] ?? S(' ') },
      },
    );
    return isWritten || this.#change(key, change);
  }

  async #read(key: CompoundKey): Promise<Item | undefined> {
    const input = { TableName: this.#tableName, Key: this.#key(key) };
    return (await told(() => this.#dynamo.call('GetItem', input))).Item;
  }

  #put(Item: Item, condition: object): Promise<boolean> {
    const input = { TableName: this.#tableName, Item, ...condition };
    return succeeds(() => this.#dynamo.call('PutItem', input));
  }

  #key({ partition, namespace, sort }: CompoundKey): Item {
    return { partitionKey: S(partition), sortKey: S(`${namespace}.${sort}`) };
  }

  #row(key: CompoundKey, data: unknown): Item {
    return { ...this.#key(key), [this.mappings().dataFieldName]: S(JSON.stringify(data)) };
  }
}
