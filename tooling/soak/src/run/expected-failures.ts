/** What calls may fail with: the SDK's repeats were used up, or others were in the way for too long. */
const expected: ReadonlySet<string> = new Set([
  'TimeoutError',
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'BatchIncompleteError',
  'ConflictError',
  'LockTimeoutError',
  'DoOnceInProgressError',
  // An action that fails.
  'ActionFailedError',
  // Both payloads of an action are tried.
  'DoOnceMismatchError',
]);

/** Whether a call may fail with an error of this name while faults are injected. */
export function isExpectedFailure(name: string): boolean {
  return expected.has(name);
}
