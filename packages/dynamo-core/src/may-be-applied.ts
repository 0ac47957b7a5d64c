/**
 * Whether a request that failed with this error may have been applied all the same: always, unless
 * DynamoDB itself refused its only attempt. Without an answer, or with several attempts, nobody
 * knows.
 */
export function mayBeApplied(error: unknown): boolean {
  const { $fault, $metadata } = Object(error) as {
    readonly $fault?: string;
    readonly $metadata?: { readonly attempts?: number };
  };
  return !($fault === 'client' && $metadata?.attempts === 1);
}
