import { numberOf, type DynamoInput, type DynamoTransport, type Item } from '@x/dynamo-core';
import { isExpired } from '@x/dynamo-core/mechanism';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

import { LimitedAttempt, partitionedKeysTable, type LimiterOptions } from '../src/index.js';

// What is loaded on first use takes real time, which goes by while the clock of a test stands still.
await Promise.all([
  import('../src/attempt-all.js'),
  import('../src/block-key.js'),
  import('../src/rare-rows.js'),
  import('../src/key-calls.js'),
  import('../src/store-errors.js'),
]);

const tableName = 'attempts';
export const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const rowKey: Item = { partitionKey: { S: 'login' }, sortKey: { S: 'attempts.user-1' } };
/** The beginning of an hour. */
export const startMs: number = Date.UTC(2030, 0, 1);
export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/** A table in memory, and limiters on it as so many processes. */
export class LimitsSetup {
  readonly memory: MemoryDynamo = new MemoryDynamo();
  readonly clock: ManualClock = new ManualClock({ nowMs: startMs });
  /** What was sent: operation and input. */
  readonly sent: { readonly operation: string; readonly input: object }[] = [];
  /** What the next requests meet instead of the table. */
  failure: Error | undefined;
  /** Whether requests are never answered. */
  isSilent = false;
  /** How many requests are answered before that. */
  answersLeft: number = Infinity;
  #seed = 0;

  constructor() {
    this.memory.createTable(partitionedKeysTable, tableName);
  }

  get transport(): DynamoTransport {
    return {
      call: async (operation, input, options) => {
        this.sent.push({ operation, input });
        if (this.isSilent || this.answersLeft-- <= 0) return new Promise(() => undefined);
        if (this.failure) throw this.failure;
        return this.memory.call(operation, input, options);
      },
    };
  }

  open(options: LimiterOptions = {}, dynamo: DynamoTransport = this.transport): LimitedAttempt {
    const random = seededRandom(++this.#seed);
    return new LimitedAttempt({ dynamo, tableName, clock: this.clock, random, ...options });
  }

  /** A limiter that gets what it should not. */
  openWith(table: never): LimitedAttempt {
    return new LimitedAttempt(table);
  }

  /** The updates that were sent. */
  updates(): DynamoInput<'UpdateItem'>[] {
    return this.sent
      .filter(({ operation }) => operation === 'UpdateItem')
      .map(({ input }) => input as DynamoInput<'UpdateItem'>);
  }

  /** The update that was sent last: what a late copy of it is. */
  lastUpdate(): DynamoInput<'UpdateItem'> {
    const [last] = this.updates().slice(-1);
    if (last === undefined) throw new Error('No update was sent');
    return last;
  }

  get row(): Item | undefined {
    return this.memory.rows(tableName)[0];
  }

  async put(row: Item): Promise<void> {
    await this.memory.call('PutItem', { TableName: tableName, Item: { ...rowKey, ...row } });
  }

  /** Does what Time to Live does, at once. */
  async purge(): Promise<void> {
    for (const { partitionKey, sortKey, ...row } of this.memory.rows(tableName)) {
      if (!isExpired(numberOf(row, 'expiresAt'), this.clock.now())) continue;
      const Key = { partitionKey, sortKey } as Item;
      await this.memory.call('DeleteItem', { TableName: tableName, Key });
    }
  }
}
