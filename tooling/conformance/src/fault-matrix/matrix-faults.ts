import type { Fault } from '@x/dynamo-testing';

/**
 * What one request of a run meets on its first attempt:
 *
 * - `drop-before`: the server never sees it; `drop-after`: it is applied, the response is lost.
 * - `duplicate`: it is applied twice and the second response comes back.
 * - `server-error`: status 500, not applied; `server-error-applied`: status 500, applied.
 * - `throttled`: refused for its throughput.
 * - `partial`: of a batch, one entry is processed (of one entry: none).
 * - `late-copies`: when the run has ended, and the same was called again, a copy of each write of the run
 *   arrives: no row changes.
 * - `deleted`: between the last write and its repeat all rows are deleted. It comes out as on an empty
 *   table, or as without a fault and deleted since.
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
  | 'late-copies'
  | 'deleted'
  | 'down';

/** The faults that meet one request each; `partial` depends on the batch. */
export type SingleFault = Exclude<MatrixFaultName, 'late-copies' | 'deleted' | 'down'>;

export const singleFaults: Readonly<Record<Exclude<SingleFault, 'partial'>, Fault>> = {
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
  'late-copies',
  'deleted',
  'down',
];
