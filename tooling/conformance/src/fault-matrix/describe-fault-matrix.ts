import { describe, expect, test } from 'vitest';

import { describeOnEngines } from '../describe-on-engines.js';
import { checkFault, checkFaultFree, checkWrongClock } from './check-case.js';
import type { FaultMatrix, MatrixCase } from './matrix-case.js';
import { matrixFaultNames, type MatrixFaultName } from './matrix-faults.js';
import { MatrixRunner } from './matrix-runner.js';
import { publicMethods } from './public-methods.js';
import { wrongMachines, type WrongMachineName } from './wrong-machines.js';

const machineNames = Object.keys(wrongMachines) as WrongMachineName[];

/**
 * Every public method of a class × every fault: the result and the rows must be those of the run
 * without a fault. Faults after which an engine sees a request twice are tried on each engine: the
 * first is reached through the SDK, the others through the light client. A method without a case fails.
 */
export function describeFaultMatrix<Subject extends object>(
  title: string,
  matrix: FaultMatrix<Subject>,
): void {
  // What no engine sees twice is the client's to mend, and the same on every engine: one will do.
  let faults = matrixFaultNames;
  describeOnEngines(`${title} under faults`, (engine) => {
    const tried = faults;
    if (tried === seenTwice) engine.useLightClient();
    faults = seenTwice;
    test('has a case for every public method', () => {
      expect(Object.keys(matrix.cases).sort()).toEqual(publicMethods(matrix.target.prototype));
    });

    const runner = new MatrixRunner(engine, matrix);
    const entries = Object.entries<MatrixCase<Subject> | readonly MatrixCase<Subject>[]>(
      matrix.cases,
    );
    for (const [method, cases] of entries) {
      for (const matrixCase of isList(cases) ? cases : [cases]) {
        const suffix = matrixCase.name === undefined ? '' : ` ${matrixCase.name}`;
        describe(`${method}()${suffix}`, () => {
          describeCase(runner, matrixCase, tried);
        });
      }
    }
  });
}

/** The faults after which an engine gets a request that it has applied, or the rest of one. */
const seenTwice: readonly MatrixFaultName[] = [
  'drop-after',
  'duplicate',
  'partial',
  'late-copies',
  'deleted',
];

function describeCase<Subject extends object>(
  runner: MatrixRunner<Subject>,
  matrixCase: MatrixCase<Subject>,
  faults: readonly MatrixFaultName[],
): void {
  test('without a fault', async () => {
    await expect(checkFaultFree(runner, matrixCase)).resolves.toBeUndefined();
  });
  if (matrixCase.sendsNothing === true) return;
  // What a machine knows of the time is the same on every engine.
  for (const name of faults === matrixFaultNames ? machineNames : []) {
    test(`on a machine whose clock is ${name}`, async () => {
      await expect(checkWrongClock(runner, matrixCase, name)).resolves.toBeUndefined();
    });
  }
  for (const fault of faults) {
    test(`${fault}: ${expected(matrixCase, fault)}`, async () => {
      await expect(checkFault(runner, matrixCase, fault)).resolves.toBeUndefined();
    });
  }
}

function expected(matrixCase: MatrixCase<never>, fault: MatrixFaultName): string {
  const reason = matrixCase.differs?.[fault]?.reason;
  if (reason !== undefined) return `differs, ${reason}`;
  return fault === 'down' ? 'it rejects and changes nothing' : 'it comes out the same';
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
