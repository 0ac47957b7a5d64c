import { keysTable, S, type Item } from '@x/dynamo-core';
import { recorded, type RecordedTransport } from '@x/conformance';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

import type { CountMode } from '../src/requests.js';
import { KeyValueCounter, type KeyValueCounterOptions } from '../src/key-value-counter.js';

/** Counters of the namespace `n` on a table inside the process. */
export class MemoryCounters {
  readonly clock: ManualClock = new ManualClock();
  readonly memory: MemoryDynamo = new MemoryDynamo({ clock: this.clock });
  readonly dynamo: RecordedTransport = recorded(this.memory);
  #seed = 0;

  constructor() {
    this.memory.createTable(keysTable);
  }

  counter<M extends CountMode = 'number', N extends number | undefined = undefined>(
    options: KeyValueCounterOptions<M, N> = {},
  ): KeyValueCounter<M, N> {
    return new KeyValueCounter<M, N>({
      dynamo: this.dynamo,
      tableName: 'keys',
      clock: this.clock,
      random: seededRandom(++this.#seed),
      namespace: 'n',
      ...options,
    });
  }

  /** The operations that were sent. */
  get sent(): string[] {
    return this.dynamo.requests.map(({ operation }) => operation);
  }

  /** The first row of the table. */
  get row(): Item | undefined {
    return this.memory.rows('keys')[0];
  }

  /** The wall clock, in seconds. */
  get seconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** Writes the row of the id `a`, or of another key. */
  async put(item: Item): Promise<void> {
    await this.memory.call('PutItem', { TableName: 'keys', Item: { key: S('n.a'), ...item } });
  }
}
