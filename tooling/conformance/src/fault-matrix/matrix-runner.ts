import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';
import { FaultHandler, ManualClock, seededRandom, type FaultPlan } from '@x/dynamo-testing';

import type { ConformanceEngine } from '../conformance-engine.js';
import { recorded } from '@x/recorder';
import { clockOf, toldTheTime, type WrongMachine } from './wrong-machines.js';
import type { MatrixCase, MatrixContext, MatrixRun, MatrixSubject } from './matrix-case.js';

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
  readonly #faultFree = new Map<MatrixCase<Subject>, Promise<MatrixRun>>();
  #table: Promise<string> | undefined;

  constructor(engine: ConformanceEngine, subject: MatrixSubject<Subject>) {
    this.#engine = engine;
    this.#subject = subject;
    this.#client = engine.client();
    this.#faultyClient = engine.client({ faults: this.#faults });
  }

  /** The run of a case that meets no fault: done once, then remembered. */
  faultFree(matrixCase: MatrixCase<Subject>): Promise<MatrixRun> {
    let run = this.#faultFree.get(matrixCase);
    if (run === undefined) {
      run = this.run(matrixCase, []);
      this.#faultFree.set(matrixCase, run);
    }
    return run;
  }

  /** Sets a case up anew and runs it with faults. */
  async run(
    matrixCase: MatrixCase<Subject>,
    plan: FaultPlan,
    machine?: WrongMachine,
  ): Promise<MatrixRun> {
    this.#table ??= this.#engine.createTable(this.#subject.definition);
    const tableName = await this.#table;
    await this.#empty(tableName);
    const context = this.#context(tableName, machine);
    this.#faults.use([]);
    for (const row of matrixCase.rows ?? []) await this.#engine.putRow(tableName, row);
    await matrixCase.setUp?.(context);
    const subject = await this.#subject.create(context);
    const start =
      matrixCase.prepare === undefined
        ? () => matrixCase.run(subject, context)
        : await drive(matrixCase.prepare(subject, context), context);
    const rowsBefore = await this.#engine.rows(tableName);
    context.dynamo.clear();
    this.#faults.use(plan);
    const outcome = await drive(outcomeOf(start), context);
    // What the subject left under way would otherwise disturb the next run.
    await drive(untilQuiet(context), context);
    const { log } = this.#faults;
    this.#faults.use([]);
    const rows = await this.#engine.rows(tableName);
    checkSleeps(context);
    const { requests } = context.dynamo;
    return { ...outcome, rowsBefore, rows, requests, attempts: log };
  }

  #context(tableName: string, machine: WrongMachine | undefined): MatrixContext {
    const right = new ManualClock();
    const clock = machine === undefined ? right : clockOf(machine, right.now());
    const dynamo = recorded(this.#faultyClient);
    const told = machine === undefined ? dynamo : toldTheTime(dynamo, clock, machine);
    const options = {
      dynamo: told,
      tableName,
      clock,
      serverClock: machine !== undefined,
      random: seededRandom(1),
    };
    const { engine, client } = { engine: this.#engine, client: this.#client };
    return { dynamo: told, tableName, clock, options, engine, client };
  }

  async #empty(tableName: string): Promise<void> {
    const keyNames = await this.#engine.keyNames(tableName);
    const keys = (await this.#engine.rows(tableName)).map((row) => pick(row, keyNames));
    for (let start = 0; start < keys.length; start += batchMax) {
      const requests = keys
        .slice(start, start + batchMax)
        .map((Key) => ({ DeleteRequest: { Key } }));
      await this.#client.send(
        new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }),
      );
    }
  }
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
    const result = start();
    return { result: isIterable(result) ? await collect(result) : await result, error: undefined };
  } catch (error) {
    return { result: undefined, error };
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
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
