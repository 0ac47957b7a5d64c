import {
  keysTable,
  partitionedKeysTable,
  type ConnectionOptions,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
  type Monitoring,
} from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';
import { semaphoresTable } from '@x/dynamo-semaphore';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

/** What a request meets instead of the engine: nothing, no answer, or an error or another answer. */
export type Fault = (operation: DynamoOperation, input: object) => unknown;

/** An engine, a clock and what went to the logger, new for each call. */
export class World {
  readonly clock = new ManualClock();
  readonly memory = new MemoryDynamo({ clock: this.clock });
  /** What has been sent. */
  readonly requests: { readonly operation: DynamoOperation; readonly input: object }[] = [];
  #fault: Fault = () => undefined;
  #monitoring: Monitoring | undefined;

  constructor(monitoring?: Monitoring) {
    this.#monitoring = monitoring;
    for (const table of [keysTable, partitionedKeysTable, locksTable, semaphoresTable]) {
      this.memory.createTable(table, table.name);
    }
  }

  /** From now on requests meet `fault`. */
  meet(fault: Fault): void {
    this.#fault = fault;
  }

  /** What every constructor takes. */
  get connection(): ConnectionOptions {
    const { clock } = this;
    const dynamo: DynamoTransport = {
      call: async <O extends DynamoOperation>(operation: O, input: DynamoInput<O>) => {
        this.requests.push({ operation, input: structuredClone(input) });
        const met = this.#fault(operation, input);
        if (met instanceof Promise) return (await met) as never;
        return this.memory.call(operation, input);
      },
    };
    return { dynamo, clock, random: seededRandom(1), monitoring: this.#monitoring };
  }
}
