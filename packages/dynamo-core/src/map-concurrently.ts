/**
 * Maps with at most `concurrency` calls under way at once; results in the order of the input. When
 * a call fails no further one is begun, those under way are waited for, and the first error is
 * thrown: nothing runs on behind the caller's back.
 */
export async function mapConcurrently<T, R>(
  inputs: readonly T[],
  concurrency: number,
  map: (input: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  async function worker(): Promise<void> {
    while (next < inputs.length && !failed) {
      const index = next++;
      try {
        results[index] = await map(inputs[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const workers = Array.from({ length: Math.min(concurrency, inputs.length) }, worker);
  const settled = await Promise.allSettled(workers);
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}
