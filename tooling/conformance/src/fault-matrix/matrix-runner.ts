import { isDeepStrictEqual as isSame } from 'node:util';

import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import { FaultHandler, ManualClock, seededRandom } from '@x/dynamo-testing';

import { collected } from '../collected.js';
import type { ConformanceEngine } from '../conformance-engine.js';
import { recorded, type RecordedRequest, type RecordedTransport } from '@x/recorder';
import { machineOf, type Machine } from './wrong-machines.js';
import type {
  Circumstances,
  ComparedRun,
  MatrixCase,
  MatrixContext,
  MatrixRun,
  MatrixSubject,
} from './matrix-case.js';

const turnsMax = 5_000;
const batchMax = 25;

/**
 * Runs cases on one engine. All of them use one table, which is emptied between the runs: that is
 * faster than a table for each, and a name that stays the same can be compared.
 */
export class MatrixRunner<Subject extends object> {
  readonly #engine: ConformanceEngine;
  readonly #subject: MatrixSubject<Subject>;
  readonly #faults = new FaultHandler();
  readonly #client: DynamoDBClient;
  readonly #faultyClient: DynamoDBClient;
  readonly #faultFree = new Map<MatrixCase<Subject>, Promise<ComparedRun>>();
  #table: Promise<string> | undefined;
  /** What the table holds, while that is known: most of the time goes into requests. */
  #stored: readonly Item[] | undefined;
  #deletesAt: number | undefined;

  constructor(engine: ConformanceEngine, subject: MatrixSubject<Subject>) {
    this.#engine = engine;
    this.#subject = subject;
    this.#client = engine.client();
    this.#faultyClient = engine.client({ faults: this.#faults });
  }

  /** The run of a case that meets no fault: done once, then remembered. */
  faultFree(matrixCase: MatrixCase<Subject>): Promise<ComparedRun> {
    let run = this.#faultFree.get(matrixCase);
    if (run === undefined) {
      run = this.run(matrixCase, { comesLate: true });
      this.#faultFree.set(matrixCase, run);
    }
    return run;
  }

  /** Sets a case up anew and runs it under these circumstances. */
  async run(
    matrixCase: MatrixCase<Subject>,
    circumstances: Circumstances = {},
  ): Promise<ComparedRun> {
    const { plan = [], deletedAfter, comesLate = false } = circumstances;
    this.#table ??= this.#engine.createTable(this.#subject.definition);
    const tableName = await this.#table;
    const context = await this.#context(tableName, circumstances);
    this.#faults.use([]);
    await this.#replace(tableName, matrixCase.rows ?? []);
    if (matrixCase.setUp !== undefined) {
      this.#stored = undefined;
      await matrixCase.setUp(context);
    }
    const subject = await this.#subject.create(context);
    const start =
      matrixCase.prepare === undefined
        ? () => matrixCase.run(subject, context)
        : await drive(matrixCase.prepare(subject, context), context);
    if (context.dynamo.requests.length > 0) this.#stored = undefined;
    const rowsBefore = this.#stored ?? (await this.#engine.rows(tableName));
    if (deletedAfter === 0) await this.#replace(tableName, []);
    this.#stored = undefined;
    context.begin();
    this.#deletesAt = deletedAfter;
    this.#faults.use(plan);
    const outcome = await drive(outcomeOf(start), context);
    // What the subject left under way would otherwise disturb the next run.
    await drive(untilQuiet(context), context);
    const { log } = this.#faults;
    this.#faults.use([]);
    const rows = await this.#engine.rows(tableName);
    checkSleeps(context);
    const requests = [...context.dynamo.requests];
    const run = { ...outcome, rowsBefore, rows, requests, attempts: log };
    const compare = matrixCase.compare ?? whatMatters;
    // At once: the same call counts, too.
    const [compared, comparedGone] = [run, { ...run, rows: [] }].map(compare);
    const late = comesLate ? await this.#late(start, context, requests) : undefined;
    this.#stored = late?.after ?? rows;
    return { ...run, compared, comparedGone, late };
  }

  async #context(
    tableName: string,
    { machine: wrong, serverClock = wrong !== undefined }: Circumstances,
  ): Promise<MatrixContext> {
    const right = new ManualClock();
    const machine = wrong && (await machineOf(wrong, right.now()));
    const clock = machine?.clock ?? right;
    const dynamo = this.#recorded(tableName, machine);
    const options = {
      dynamo,
      tableName,
      clock,
      serverClock,
      random: seededRandom(1),
    };
    const { engine, client } = { engine: this.#engine, client: this.#client };
    const begin = (): void => {
      dynamo.clear();
      machine?.begin();
    };
    return { dynamo, tableName, clock, options, engine, client, begin };
  }

  /** A transport that loses the answer of one request, deletes all rows, and sends it again. */
  #recorded(tableName: string, machine: Machine | undefined): RecordedTransport {
    const faulty = toTransport(this.#faultyClient);
    const inner = machine?.network(faulty) ?? faulty;
    const transport = recorded({
      usesSockets: inner.usesSockets,
      call: async (...request) => {
        if (transport.requests.length === this.#deletesAt) {
          this.#deletesAt = undefined;
          await inner.call(...request).catch(() => undefined);
          await this.#replace(tableName, []);
        }
        return inner.call(...request);
      },
    });
    return transport;
  }

  /** The rows after the same call has been made again, and when copies of the first one's writes have come. */
  async #late(
    start: () => unknown,
    context: MatrixContext,
    requests: readonly RecordedRequest[],
  ): Promise<ComparedRun['late']> {
    await drive(outcomeOf(start), context);
    await drive(untilQuiet(context), context);
    const before = await this.#engine.rows(context.tableName);
    for (const { operation, input } of requests.filter(isWrite)) {
      // Most are refused.
      await toTransport(this.#client)
        .call(operation, input)
        .catch(() => undefined);
    }
    return { before, after: await this.#engine.rows(context.tableName) };
  }

  /** Writes these rows, and deletes all others. */
  async #replace(tableName: string, rows: readonly Item[]): Promise<void> {
    const keyNames = await this.#engine.keyNames(tableName);
    const keyOf = (row: Item): Item => pick(row, keyNames);
    const stored = this.#stored ?? (await this.#engine.rows(tableName));
    this.#stored = undefined;
    const others = stored.map(keyOf).filter((key) => !rows.some((row) => isSame(keyOf(row), key)));
    const requests = [
      ...rows.map((Item) => ({ PutRequest: { Item } })),
      ...others.map((Key) => ({ DeleteRequest: { Key } })),
    ];
    for (let start = 0; start < requests.length; start += batchMax) {
      const RequestItems = { [tableName]: requests.slice(start, start + batchMax) };
      await this.#client.send(new BatchWriteItemCommand({ RequestItems }));
    }
    this.#stored = await this.#engine.inOrder(tableName, rows);
  }
}

/** Whether a request is not there to read only. */
export function isWrite({ operation }: RecordedRequest): boolean {
  return !/Get|Query|Scan/.test(operation);
}

function whatMatters({ result, error, rows }: MatrixRun): unknown {
  return { result, error, rows };
}

function pick(row: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

/** Waits for a promise and moves the time whenever no request is under way. */
function drive<T>(promise: Promise<T>, { clock, dynamo }: MatrixContext): Promise<T> {
  return clock.drive(promise, { busy: () => dynamo.inFlight > 0 });
}

async function outcomeOf(start: () => unknown): Promise<Pick<MatrixRun, 'result' | 'error'>> {
  try {
    return { result: await collected(start()), error: undefined };
  } catch (error) {
    return { result: undefined, error };
  }
}

async function untilQuiet({ dynamo }: MatrixContext): Promise<void> {
  for (let turns = 0; dynamo.inFlight > 0; turns += 1) {
    if (turns === turnsMax) throw new Error('A request is still under way after the run');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function checkSleeps({ clock }: MatrixContext): void {
  if (clock.pendingSleeps > 0) {
    throw new Error(`The run has ended and left ${clock.pendingSleeps} sleeps behind`);
  }
}
