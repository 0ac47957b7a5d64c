/**
 * Whether a request that failed with this error may have been applied all the same: always, unless
 * DynamoDB itself refused its only attempt. Without an answer, or with several attempts, nobody
 * knows. The reason of its `signal` is never an answer, even where it looks like one.
 */
export function mayBeApplied(error: unknown, signal?: AbortSignal): boolean {
  const { $fault, $metadata } = Object(error) as {
    readonly $fault?: string;
    readonly $metadata?: { readonly attempts?: number };
  };
  return error === signal?.reason || $fault !== 'client' || $metadata?.attempts !== 1;
}
