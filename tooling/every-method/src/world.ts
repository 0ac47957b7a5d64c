import { setImmediate } from 'node:timers/promises';

import {
  keysTable,
  mappedTable,
  partitionedKeysTable,
  type ConnectionOptions,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
  type Monitoring,
  type TableDefinition,
} from '@x/dynamo-core';
import type { Machine } from '@x/conformance';
import { locksTable } from '@x/dynamo-lock';
import { semaphoresTable } from '@x/dynamo-semaphore';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';

/**
 * What a request meets instead of the engine: nothing, no answer, or an error or another answer. Or it
 * arrives twice, as where the SDK repeats one whose answer was lost.
 */
export type Fault = (
  operation: DynamoOperation,
  input: object,
) => Promise<unknown> | 'twice' | undefined;

/** What sends nothing more by then waits for the time. */
const turnsWithoutTime = 20;

const tables: readonly TableDefinition[] = [
  keysTable,
  partitionedKeysTable,
  locksTable,
  semaphoresTable,
];

/** The names of attributes that are the table's, by its own. */
export type Mappings = Readonly<Record<string, Parameters<typeof mappedTable>[1]>>;

/** An engine, a clock and what went to the logger, new for each call. */
export class World {
  readonly clock: ManualClock;
  readonly memory: MemoryDynamo;
  /** What has been sent. */
  readonly requests: { readonly operation: DynamoOperation; readonly input: object }[] = [];
  #missing: readonly TableDefinition[] = tables;
  #fault: Fault = () => undefined;
  readonly #monitoring: Monitoring | undefined;
  readonly #mappings: Mappings;
  readonly #machine: Machine | undefined;

  constructor(monitoring?: Monitoring, mappings: Mappings = {}, machine?: Machine) {
    this.#machine = machine;
    this.clock = machine?.clock ?? new ManualClock();
    this.memory = new MemoryDynamo({ clock: this.clock });
    this.#monitoring = monitoring;
    this.#mappings = mappings;
  }

  /** From now on requests meet `fault`. */
  meet(fault: Fault): void {
    this.#fault = fault;
  }

  /** Waits for a call, and moves the time for one that does not end without it. */
  async drive<T>(call: Promise<T>): Promise<T> {
    const state = { hasEnded: false };
    const end = (): void => void (state.hasEnded = true);
    call.then(end, end);
    for (let turn = 0; turn < turnsWithoutTime && !state.hasEnded; turn++) await setImmediate();
    return state.hasEnded ? call : this.clock.drive(call);
  }

  /** What every constructor takes. */
  get connection(): ConnectionOptions {
    const { clock } = this;
    const dynamo: DynamoTransport = {
      call: async <O extends DynamoOperation>(operation: O, input: DynamoInput<O>) => {
        this.requests.push({ operation, input: structuredClone(input) });
        const fault = this.#fault(operation, input);
        if (fault instanceof Promise) return (await fault) as never;
        this.#createTables(input);
        if (fault === 'twice') await this.memory.call(operation, input);
        return this.memory.call(operation, input);
      },
    };
    const options = { clock, random: seededRandom(1), monitoring: this.#monitoring };
    const machine = this.#machine;
    if (machine === undefined) return { dynamo, ...options };
    return { dynamo: machine.network(dynamo), serverClock: true, ...options };
  }

  /** The call begins: what happens to the machine in its mid-life happens now. */
  begin(): void {
    this.requests.length = 0;
    this.#machine?.begin();
  }

  /** What is in all tables. */
  rows(): unknown {
    const made = tables.filter((table) => !this.#missing.includes(table));
    return made.map(({ name }) => this.memory.rows(name));
  }

  /** What makes a primitive on a table. */
  on(tableName: string): ConnectionOptions {
    const mappings = this.#mappings[tableName];
    return { ...this.connection, tableName, ...(mappings && { mappings }) };
  }

  /** The tables that a request names, when it is the first: most calls need one. */
  #createTables(input: object): void {
    const { TableName, RequestItems, TransactItems } = input as {
      readonly TableName?: string;
      readonly RequestItems?: object;
      readonly TransactItems?: readonly Record<string, { readonly TableName?: string }>[];
    };
    const named = [
      TableName,
      ...Object.keys(RequestItems ?? {}),
      ...(TransactItems ?? []).flatMap((item) => Object.values(item).map((part) => part.TableName)),
    ];
    for (const table of this.#missing.filter(({ name }) => named.includes(name))) {
      this.memory.createTable(mappedTable(table, this.#mappings[table.name] ?? {}), table.name);
      this.#missing = this.#missing.filter((other) => other !== table);
    }
  }
}
