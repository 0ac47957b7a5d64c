import type { Fault } from '@x/dynamo-testing';

/**
 * What one request of a run meets on its first attempt:
 *
 * - `drop-before`: the server never sees it; `drop-after`: it is applied, the response is lost.
 * - `duplicate`: it is applied twice and the second response comes back.
 * - `server-error`: status 500, not applied; `server-error-applied`: status 500, applied.
 * - `throttled`: refused for its throughput.
 * - `partial`: of a batch, one entry is processed (of one entry: none).
 * - `down`: every attempt of every request is lost before the server.
 */
export type MatrixFaultName =
  | 'drop-before'
  | 'drop-after'
  | 'duplicate'
  | 'server-error'
  | 'server-error-applied'
  | 'throttled'
  | 'partial'
  | 'down';

/** The faults that meet one request each; `partial` depends on the batch. */
export const singleFaults: Readonly<Record<Exclude<MatrixFaultName, 'partial' | 'down'>, Fault>> = {
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
  duplicate: { kind: 'duplicate' },
  'server-error': { kind: 'error', name: 'InternalServerError', status: 500 },
  'server-error-applied': {
    kind: 'error',
    name: 'InternalServerError',
    status: 500,
    applied: true,
  },
  throttled: { kind: 'error', name: 'ProvisionedThroughputExceededException', status: 400 },
};

/** All of them, in the order in which they are tried. */
export const matrixFaultNames: readonly MatrixFaultName[] = [
  ...(Object.keys(singleFaults) as (keyof typeof singleFaults)[]),
  'partial',
  'down',
];
