import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item, Random, TableDefinition } from '@x/dynamo-core';
import type { FaultLogEntry, FaultPlan, ManualClock } from '@x/dynamo-testing';

import type { ConformanceEngine } from '../conformance-engine.js';
import type { RecordedRequest, RecordedTransport } from '@x/recorder';
import type { MatrixFaultName } from './matrix-faults.js';
import type { WrongMachine, WrongMachineName } from './wrong-machines.js';

/** The options of a subject: where a run is watched and meets its faults. */
interface MatrixOptions {
  /** Its requests are recorded and meet the faults. */
  readonly dynamo: RecordedTransport;
  readonly tableName: string;
  readonly clock: ManualClock;
  /** Whether answers correct the clock, as it is wrong. */
  readonly serverClock: boolean;
  /** Seeded: the same numbers and ids in every run. */
  readonly random: Random;
}

/** What a subject is made of, new for every run: runs differ in their faults alone. */
export interface MatrixContext extends Pick<MatrixOptions, 'dynamo' | 'tableName' | 'clock'> {
  /** To be handed on as a whole: what is left out is not tried. */
  readonly options: MatrixOptions;
  readonly engine: ConformanceEngine;
  /** A client that meets no faults, for the set-up. */
  readonly client: DynamoDBClient;
  /** What is sent from now on belongs to the run. */
  begin(): void;
}

/** What a run did. */
export interface MatrixRun {
  /** What it resolved to (the items, of an async iterable), or `undefined`. */
  readonly result: unknown;
  /** What it rejected with, or `undefined`. */
  readonly error: unknown;
  /** All the rows of the table before it and after it, sorted by key. */
  readonly rowsBefore: readonly Item[];
  readonly rows: readonly Item[];
  /** What it sent, above the SDK's retries and below them. */
  readonly requests: readonly RecordedRequest[];
  readonly attempts: readonly FaultLogEntry[];
}

/** What must stay the same of a run. It is taken at once: a case may count what it does itself. */
export interface ComparedRun extends MatrixRun {
  readonly compared: unknown;
  /** The same where all rows are deleted by now. */
  readonly comparedGone: unknown;
  /** The rows after the same call was made again, before and after copies of the first one's writes came. */
  readonly late: { readonly before: readonly Item[]; readonly after: readonly Item[] } | undefined;
}

/** What a run meets. */
export interface Circumstances {
  readonly plan?: FaultPlan;
  /** Whose clock is wrong, and whether answers correct it. */
  readonly machine?: WrongMachine;
  readonly serverClock?: boolean;
  /** Whether copies of its writes come late, behind the same call. */
  readonly comesLate?: boolean;
  /** After which of its requests all rows are deleted, and the request is sent again; 0 for before the first. */
  readonly deletedAfter?: number;
}

/** Where a fault may change what comes out: the reason, and what must hold instead. */
export interface MatrixDifference {
  /** Why the difference is right. It stands in the name of the test. */
  readonly reason: string;
  /** Checks the run with a fault, next to the one without. */
  readonly expect: (run: MatrixRun, faultFree: ComparedRun) => void;
}

/** What every case may have. */
export interface MatrixCaseOptions {
  /** Tells the cases of one method apart. */
  readonly name?: string | undefined;
  /** The rows that the table holds beforehand. */
  readonly rows?: readonly Item[] | undefined;
  /** What is set up beside them: after `rows`, before the subject is made, without faults. */
  readonly setUp?: ((context: MatrixContext) => Promise<void>) | undefined;
  /** Checks the run without a fault. */
  readonly expect?: ((run: MatrixRun) => void) | undefined;
  /** The name of the error with which the run rejects, faults or not: `'AttemptsError'`. */
  readonly rejects?: string | undefined;
  /** The method sends nothing: there is nothing to lose. That is checked. */
  readonly sendsNothing?: boolean | undefined;
  /** The part of a run that must stay the same. By default the result, the error and the rows. */
  readonly compare?: ((run: MatrixRun) => unknown) | undefined;
  readonly differs?:
    | Readonly<Partial<Record<MatrixFaultName | WrongMachineName, MatrixDifference>>>
    | undefined;
}

/** Runs the method at once. All of its requests meet the faults. */
interface MatrixRunCase<Subject> extends MatrixCaseOptions {
  readonly run: (subject: Subject, context: MatrixContext) => unknown;
  readonly prepare?: undefined;
}

/** First does something without faults with the same subject, and returns what is to be run. */
interface MatrixPreparedCase<Subject> extends MatrixCaseOptions {
  readonly prepare: (subject: Subject, context: MatrixContext) => Promise<() => unknown>;
  readonly run?: undefined;
}

export type MatrixCase<Subject> = MatrixRunCase<Subject> | MatrixPreparedCase<Subject>;

/** The public methods of a class, as its type shows them. */
export type MethodName<Subject> = {
  [K in keyof Subject]: Subject[K] extends (...args: never) => unknown ? K : never;
}[keyof Subject] &
  string;

/** How a subject is made, and on which table it works. */
export interface MatrixSubject<Subject> {
  readonly definition: TableDefinition;
  /** Makes the subject, without faults. It may also be a handle that a method returned. */
  readonly create: (context: MatrixContext) => Subject | Promise<Subject>;
}

/** A class and its cases: at least one for each public method. */
export interface FaultMatrix<Subject extends object> extends MatrixSubject<Subject> {
  readonly target: { readonly prototype: Subject };
  readonly cases: Readonly<
    Record<MethodName<Subject>, MatrixCase<Subject> | readonly MatrixCase<Subject>[]>
  >;
}
