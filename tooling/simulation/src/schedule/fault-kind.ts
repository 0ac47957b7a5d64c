/**
 * What the scheduler may do to a request. Each costs one of `faultsMax`.
 *
 * - `lost-request`: the caller gets a network error and nothing was applied.
 * - `late-request`: the caller gets a network error and the request is applied later.
 * - `repeat`: the request was applied, its reply is lost, and the SDK sends it again.
 * - `lost-reply`: the request was applied, its reply is lost, and the caller gets a network error.
 * - `duplicate`: the caller is answered, and the same request is applied once more later (an earlier
 *   attempt of the SDK that was stuck in the network).
 * - `crash`: the client stops for ever. A request that it has in flight may still be applied.
 */
export type FaultKind =
  | 'lost-request'
  | 'late-request'
  | 'repeat'
  | 'lost-reply'
  | 'duplicate'
  | 'crash';

/** Every fault of the network: what a client must survive without any help. */
export const networkFaults: readonly FaultKind[] = [
  'lost-request',
  'late-request',
  'repeat',
  'lost-reply',
  'duplicate',
];
