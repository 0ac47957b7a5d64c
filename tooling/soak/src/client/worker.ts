import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock, ConnectionOptions, Random } from '@x/dynamo-core';

import { nowUs, type JournalWriter, type Json } from '../journal.js';
import type { SoakTables } from './client-job.js';

/** What a worker is made of. */
export interface WorkerOptions {
  readonly client: string;
  readonly workload: string;
  readonly journal: JournalWriter;
  readonly dynamo: DynamoDBClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly tables: SoakTables;
  readonly isBroken: boolean;
  /** A number for each call of the process. */
  readonly nextId: () => number;
  /** How often the worker's requests have been sent so far, repeats and duplicates included. */
  readonly attempts: () => number;
  /** When the last copy is due of what was sent since this was last asked, in microseconds; 0 for none. */
  readonly takeCopyAt: () => number;
}

/** One loop in a client process: what a workload is given to work with. */
export class Worker {
  readonly client: string;
  readonly dynamo: DynamoDBClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly tables: SoakTables;
  /** Whether the workload is to do it wrong, to show that the checks notice. */
  readonly isBroken: boolean;
  /** The round at work. Its number begins every key, so that rounds never meet. */
  round = -1;
  readonly #options: WorkerOptions;

  constructor(options: WorkerOptions) {
    const { client, dynamo, clock, random, tables, isBroken } = options;
    this.client = client;
    this.dynamo = dynamo;
    this.clock = clock;
    this.random = random;
    this.tables = tables;
    this.isBroken = isBroken;
    this.#options = options;
  }

  /** What a primitive on a table is given: it goes by DynamoDB's time, as clocks of machines may be far off. */
  on(table: keyof SoakTables): ConnectionOptions {
    const { dynamo, clock, random, tables } = this;
    return { dynamo, clock, random, serverClock: true, tableName: tables[table] };
  }

  /** Moves on to a round. */
  enter(round: number): void {
    if (round === this.round) return;
    this.round = round;
    this.#options.journal.write({ kind: 'enter', workload: this.#options.workload, round });
  }

  /** A whole number from 0 to `below - 1`. */
  pick(below: number): number {
    return Math.floor(this.random.unit() * below);
  }

  /** Waits for a while, `msMax` at most. */
  pause(msMax: number): Promise<void> {
    return this.clock.sleep(this.random.unit() * msMax);
  }

  /** Makes a call and journals it before and after; `undefined` when it threw. */
  async call<T extends Json | void>(
    operation: string,
    key: string,
    input: Json,
    run: () => Promise<T>,
  ): Promise<{ readonly output: T } | undefined> {
    const { journal, workload, attempts, takeCopyAt } = this.#options;
    const id = this.#options.nextId();
    const { round } = this;
    const before = attempts();
    takeCopyAt();
    const sending = (): { sent: number; copyAt?: number } => {
      const copyAt = takeCopyAt();
      return { sent: attempts() - before, ...(copyAt > 0 && { copyAt }) };
    };
    journal.write({ kind: 'begin', workload, round, id, key, operation, input, at: nowUs() });
    try {
      const output = await run();
      journal.write({ kind: 'end', id, output: output ?? null, ...sending(), at: nowUs() });
      return { output };
    } catch (error) {
      const { name, message } = error as Error;
      journal.write({ kind: 'failed', id, error: name, message, ...sending(), at: nowUs() });
      return undefined;
    }
  }

  /** Journals something that the check must know. `at` is when it was so. */
  note(key: string, name: string, data: Json, at: number = nowUs()): void {
    const { journal, workload } = this.#options;
    journal.write({ kind: 'note', workload, round: this.round, key, name, data, at });
  }
}
