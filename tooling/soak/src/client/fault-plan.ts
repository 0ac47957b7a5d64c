import type { Random } from '@x/dynamo-core';
import type { Fault, FaultCall } from '@x/dynamo-testing';

/** How often an attempt meets which fault. */
const faults: readonly (readonly [probability: number, fault: Fault])[] = [
  [0.01, { kind: 'drop-before' }],
  [0.02, { kind: 'drop-after' }],
  [0.01, { kind: 'duplicate' }],
  [0.01, { kind: 'error', name: 'InternalServerError', status: 500, applied: true }],
  [0.005, { kind: 'error', name: 'InternalServerError', status: 500 }],
  [0.01, { kind: 'error', name: 'ProvisionedThroughputExceededException' }],
  [0.01, { kind: 'delay', delayMs: 10 }],
];
/** Copies of requests that come late, as often by hundredths of a second as by seconds. */
const lateProbability = 0.02;
const lateMs = { least: 20, most: 2_500 };
const partialProbability = 0.02;
const outageProbability = 0.0005;
const outageMs = 150;

/**
 * Random faults for all the requests of a process: single ones, from which the SDK's repeats
 * recover, and outages, in which every attempt is lost, before or after the server applied it, so
 * that calls fail with their outcome unknown.
 */
export function randomFaults(random: Random): (call: FaultCall) => Fault | undefined {
  let outageEndsAt = 0;
  return ({ operation }) => {
    if (random.unit() < outageProbability) outageEndsAt = performance.now() + outageMs;
    if (performance.now() < outageEndsAt) {
      return { kind: random.unit() < 0.5 ? 'drop-before' : 'drop-after' };
    }
    if (operation.startsWith('Batch') && random.unit() < partialProbability) {
      return { kind: 'partial', keep: 0 };
    }
    if (random.unit() < lateProbability) {
      const delayMs = Math.round(lateMs.least * (lateMs.most / lateMs.least) ** random.unit());
      return { kind: 'late-copy', delayMs };
    }
    let place = random.unit();
    for (const [probability, fault] of faults) {
      place -= probability;
      if (place < 0) return fault;
    }
    return undefined;
  };
}

/** The fault as the table at the end calls it. */
export function faultName(fault: Fault): string {
  if (fault.kind !== 'error') return fault.kind;
  if (fault.name === 'ProvisionedThroughputExceededException') return 'throttled';
  return fault.applied === true ? 'error-500-applied' : 'error-500';
}
