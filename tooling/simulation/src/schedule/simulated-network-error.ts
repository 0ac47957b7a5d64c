/**
 * What a caller gets when the request or the reply was lost and the SDK has used up its attempts.
 * The name is the SDK's own for a request that was never answered.
 */
export class SimulatedNetworkError extends Error {
  override readonly name: string = 'TimeoutError';
}

/** Whether `error` is an injected network error, or was caused by one. */
export function isSimulatedNetworkError(error: unknown): boolean {
  for (let link = error, depth = 0; link instanceof Error && depth < 10; depth++) {
    // A request that a primitive gave up by its own bound got no answer, either.
    const isGivenUp = link instanceof DOMException && link.name === 'TimeoutError';
    if (link instanceof SimulatedNetworkError || isGivenUp) return true;
    link = link.cause;
  }
  return false;
}
