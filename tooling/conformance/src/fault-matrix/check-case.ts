import { isDeepStrictEqual } from 'node:util';

import type { Fault, FaultCall, FaultPlan } from '@x/dynamo-testing';
import { expect } from 'vitest';

import type { Circumstances, MatrixCase, MatrixCaseOptions, MatrixRun } from './matrix-case.js';
import { singleFaults, type MatrixFaultName, type SingleFault } from './matrix-faults.js';
import { isWrite, type MatrixRunner } from './matrix-runner.js';
import { withTimesOf } from './times-alike.js';
import { wrongMachines, type WrongMachine, type WrongMachineName } from './wrong-machines.js';

/** What late copies of a batch change: the ids of its writes, and no value. */
export const batchWritesAgain: MatrixCaseOptions['differs'] = {
  'late-copies': {
    reason: 'a batch carries no condition, and writes again',
    expect: (_, { late }) => {
      expect(late?.after).not.toEqual(late?.before);
      expect(late?.after.map(({ data }) => data)).toEqual(late?.before.map(({ data }) => data));
    },
  },
};

/** The run without a fault does what the case expects. */
export async function checkFaultFree<Subject extends object>(
  runner: MatrixRunner<Subject>,
  matrixCase: MatrixCase<Subject>,
): Promise<void> {
  const run = await runner.faultFree(matrixCase);
  if (matrixCase.rejects === undefined) {
    if (run.error !== undefined) throw run.error as Error;
  } else {
    expect(run.error, 'the run rejects').toMatchObject({ name: matrixCase.rejects });
  }
  const sent = run.requests.map(({ operation }) => operation);
  if (matrixCase.sendsNothing === true) expect(sent, 'the requests').toEqual([]);
  else expect(sent, 'the requests; say sendsNothing if there are none').not.toEqual([]);
  matrixCase.expect?.(run);
}

/** Whichever request meets the fault, the case comes out as it does without. */
export async function checkFault<Subject extends object>(
  runner: MatrixRunner<Subject>,
  matrixCase: MatrixCase<Subject>,
  name: MatrixFaultName,
): Promise<void> {
  const faultFree = await runner.faultFree(matrixCase);
  const difference = matrixCase.differs?.[name];
  if (name === 'late-copies') {
    if (difference !== undefined) return difference.expect(faultFree, faultFree);
    const { before, after } = faultFree.late ?? {};
    expect(after, 'the rows after copies of all writes').toEqual(before);
    return;
  }
  if (name === 'down' || name === 'deleted') {
    const run = await runner.run(matrixCase, circumstancesOf(name, faultFree));
    if (difference !== undefined) difference.expect(run, faultFree);
    else if (name === 'down') expectDown(run);
    else {
      const { compared } = await runner.run(matrixCase, { deletedAfter: 0 });
      expectOneOf(run.compared, [compared, faultFree.comparedGone]);
    }
    return;
  }
  const requests = requestsToMeet(faultFree, name);
  if (difference !== undefined) {
    expect(requests, `the requests that ${name} can meet, as a difference is declared`).not.toEqual(
      [],
    );
  }
  for (const request of requests) {
    const run = await runner.run(matrixCase, { plan: planFor(request, name) });
    if (difference === undefined) {
      const faulty = run.attempts.find((attempt) => attempt.fault.kind !== 'pass');
      expect(faulty, `request ${request} was sent again`).toBeDefined();
      expect(run.compared, `${name} on request ${request} (${faulty?.operation})`).toEqual(
        faultFree.compared,
      );
    } else {
      difference.expect(run, faultFree);
    }
  }
}

/**
 * A machine whose clock is wrong does what one does whose clock is right, or, before its first answer, what
 * its own clock makes it do.
 */
export async function checkWrongClock<Subject extends object>(
  runner: MatrixRunner<Subject>,
  matrixCase: MatrixCase<Subject>,
  name: WrongMachineName,
): Promise<void> {
  const machine: WrongMachine = wrongMachines[name];
  const right = await runner.faultFree(matrixCase);
  const run = await runner.run(matrixCase, { machine });
  const difference = matrixCase.differs?.[name];
  if (difference !== undefined) difference.expect(run, right);
  else if (machine.firstMs === undefined) expectOneOf(run.compared, [right.compared]);
  else {
    const own = await runner.run(matrixCase, { machine, serverClock: false });
    expectOneOf(run.compared, [own.compared, right.compared], machine.firstMs);
  }
}

/** What came out is one of these, but for times that may be so far off. */
function expectOneOf(actual: unknown, allowed: readonly unknown[], offMs = 0): void {
  const found = allowed.find((one) => isDeepStrictEqual(...alike(actual, one, offMs)));
  if (found !== undefined) return;
  const [seen, last] = alike(actual, allowed.at(-1), offMs);
  expect(seen).toEqual(last);
}

function alike(actual: unknown, expected: unknown, offMs: number): [unknown, unknown] {
  return [withTimesOf(actual, expected, offMs), withTimesOf(expected, expected)];
}

function circumstancesOf(name: 'down' | 'deleted', { requests }: MatrixRun): Circumstances {
  if (name === 'down') return { plan: () => ({ kind: 'drop-before' }) };
  return { deletedAfter: 1 + requests.findLastIndex(isWrite) };
}

/** Nothing got through: the SDK's own error comes out, and nothing has changed. */
function expectDown(run: MatrixRun): void {
  expect(run.error, 'with no connection at all, it rejects').toMatchObject({ code: 'ECONNRESET' });
  expect(run.rows, 'with no connection at all, no row changes').toEqual(run.rowsBefore);
}

/** The numbers of the requests that can meet a fault. */
function requestsToMeet(faultFree: MatrixRun, name: SingleFault): number[] {
  const first = faultFree.attempts.filter(({ retry }) => retry === 0);
  return first
    .filter(({ operation }) => name !== 'partial' || operation.startsWith('Batch'))
    .map(({ request }) => request);
}

function planFor(request: number, name: SingleFault): FaultPlan {
  return (call) => {
    if (call.request !== request || call.retry !== 0) return undefined;
    return name === 'partial' ? partial(call) : singleFaults[name];
  };
}

function partial({ input }: FaultCall): Fault {
  const parts = Object.values(input['RequestItems'] as Record<string, unknown>) as (
    | readonly unknown[]
    | { readonly Keys: readonly unknown[] }
  )[];
  const entries = parts.reduce((sum, part) => sum + ('Keys' in part ? part.Keys : part).length, 0);
  return { kind: 'partial', keep: entries > 1 ? 1 : 0 };
}
