import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock, ConnectionOptions, Random } from '@x/dynamo-core';
import {
  engineClient,
  FaultHandler,
  immediateRetries,
  type Fault,
  type FaultCall,
} from '@x/dynamo-testing';

import { nowUs, type JournalWriter, type Json } from '../journal.js';
import type { SoakTables } from '../run/tables.js';
import type { ClientJob } from './client-job.js';
import { faultName, randomFaults } from './fault-plan.js';

/** What the loops of a client process share. */
interface Shared {
  readonly job: ClientJob;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  readonly random: Random;
}

/** Counts the calls of the process. */
let calls = 0;

/** One loop in a client process: what a workload is given to work with. */
export class Worker {
  readonly dynamo: DynamoDBClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly tables: SoakTables;
  /** Whether the workload is to do it wrong, to show that the checks notice. */
  readonly isBroken: boolean;
  /** The round at work. Its number begins every key, so that rounds never meet. */
  round = -1;
  readonly #journal: JournalWriter;
  readonly #workload: string;
  readonly #faults = new FaultHandler();
  readonly #plan: ReturnType<typeof randomFaults>;
  /** How often requests were sent since the latest call began, repeats and duplicates included. */
  #sent = 0;
  /** When the last copy of one of them is due, in microseconds. */
  #copyAt: number | undefined;

  constructor({ job, journal, clock, random }: Shared, workload: string) {
    this.clock = clock;
    this.random = random;
    this.tables = job.tables;
    this.isBroken = job.broken.includes(workload);
    this.#journal = journal;
    this.#workload = workload;
    this.#plan = randomFaults(random);
    const options = { faults: this.#faults, retryStrategy: immediateRetries() };
    this.dynamo = engineClient(job.endpoint, options);
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
    // A new plan empties the handler's log, which would grow without end.
    this.#faults.use((call) => this.#faultOf(call));
    this.#journal.write({ kind: 'enter', workload: this.#workload, round });
  }

  /** A whole number from 0 to `below - 1`. */
  pick(below: number): number {
    return Math.floor(this.random.unit() * below);
  }

  /** Waits for a while, `msMax` at most. */
  pause(msMax: number): Promise<void> {
    return this.clock.sleep(this.random.unit() * msMax);
  }

  /** The number of a time of so many milliseconds, the same for all clients meanwhile, so that they meet. */
  slot(ms: number): number {
    return Math.floor(nowUs() / 1_000 / ms);
  }

  /** Makes a call and journals it before and after; `undefined` when it threw. */
  async call<T extends Json | void>(
    operation: string,
    key: string,
    input: Json,
    run: () => Promise<T>,
  ): Promise<{ readonly output: T } | undefined> {
    const journal = this.#journal;
    const id = calls++;
    const over = () => ({ id, sent: this.#sent, copyAt: this.#copyAt, at: nowUs() });
    this.#sent = 0;
    this.#copyAt = undefined;
    const call = { workload: this.#workload, round: this.round, key, operation, input };
    journal.write({ kind: 'begin', id, ...call, at: nowUs() });
    try {
      const output = await run();
      journal.write({ kind: 'end', output: output ?? null, ...over() });
      return { output };
    } catch (error) {
      const { name, message } = error as Error;
      journal.write({ kind: 'failed', error: name, message, ...over() });
      return undefined;
    }
  }

  /** Journals something that the check must know. `at` is when it was so. */
  note(key: string, name: string, data: Json, at: number = nowUs()): void {
    const { round } = this;
    this.#journal.write({ kind: 'note', workload: this.#workload, round, key, name, data, at });
  }

  #faultOf(call: FaultCall): Fault | undefined {
    const fault = this.#plan(call);
    this.#sent += fault?.kind === 'duplicate' || fault?.kind === 'late-copy' ? 2 : 1;
    if (fault?.kind === 'late-copy') {
      this.#copyAt = Math.max(this.#copyAt ?? 0, nowUs() + fault.delayMs * 1_000);
    }
    if (fault !== undefined) this.#journal.write({ kind: 'fault', fault: faultName(fault) });
    return fault;
  }
}
