/**
 * Whether a request that failed with this error may have been applied all the same: always, unless
 * DynamoDB itself refused its only attempt. Without an answer, or with several attempts, nobody
 * knows. The reason of its `signal` is no answer, whatever it looks like.
 */
export function mayBeApplied(error: unknown, signal?: AbortSignal): boolean {
  const { $fault, $metadata } = Object(error) as {
    readonly $fault?: string;
    readonly $metadata?: { readonly attempts?: number };
  };
  return error === signal?.reason || $fault !== 'client' || $metadata?.attempts !== 1;
}
