import type { Fault, FaultCall, FaultPlan } from '@x/dynamo-testing';
import { expect } from 'vitest';

import type { MatrixCase, MatrixRun } from './matrix-case.js';
import { singleFaults, type MatrixFaultName } from './matrix-faults.js';
import type { MatrixRunner } from './matrix-runner.js';
import { withTimesOf } from './times-alike.js';
import type { WrongMachine } from './wrong-machines.js';

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
  if (name === 'down') {
    const run = await runner.run(matrixCase, () => ({ kind: 'drop-before' }));
    if (difference === undefined) expectDown(run);
    else difference.expect(run, faultFree);
    return;
  }
  const compare = matrixCase.compare ?? whatMatters;
  const requests = requestsToMeet(faultFree, name);
  if (difference !== undefined) {
    expect(requests, `the requests that ${name} can meet, as a difference is declared`).not.toEqual(
      [],
    );
  }
  for (const request of requests) {
    const run = await runner.run(matrixCase, planFor(request, name));
    if (difference === undefined) {
      const faulty = run.attempts.find((attempt) => attempt.fault.kind !== 'pass');
      expect(faulty, `request ${request} was sent again`).toBeDefined();
      expect(compare(run), `${name} on request ${request} (${faulty?.operation})`).toEqual(
        compare(faultFree),
      );
    } else {
      difference.expect(run, faultFree);
    }
  }
}

/** A machine whose clock is wrong does what one does whose clock is right. */
export async function checkWrongClock<Subject extends object>(
  runner: MatrixRunner<Subject>,
  matrixCase: MatrixCase<Subject>,
  machine: WrongMachine,
): Promise<void> {
  const compare = matrixCase.compare ?? whatMatters;
  const expected = compare(await runner.faultFree(matrixCase));
  const run = await runner.run(matrixCase, [], machine);
  expect(withTimesOf(compare(run), expected)).toEqual(withTimesOf(expected, expected));
}

function whatMatters({ result, error, rows }: MatrixRun): unknown {
  return { result, error, rows };
}

/** Nothing got through: the SDK's own error comes out, and nothing has changed. */
function expectDown(run: MatrixRun): void {
  expect(run.error, 'with no connection at all, it rejects').toMatchObject({ code: 'ECONNRESET' });
  expect(run.rows, 'with no connection at all, no row changes').toEqual(run.rowsBefore);
}

/** The numbers of the requests that can meet a fault. */
function requestsToMeet(faultFree: MatrixRun, name: MatrixFaultName): number[] {
  const first = faultFree.attempts.filter(({ retry }) => retry === 0);
  return first
    .filter(({ operation }) => name !== 'partial' || operation.startsWith('Batch'))
    .map(({ request }) => request);
}

function planFor(request: number, name: Exclude<MatrixFaultName, 'down'>): FaultPlan {
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
