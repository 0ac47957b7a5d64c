/**
 * Releases, then throws `thrown`. Should the release fail as well, an `AggregateError` is thrown that
 * holds both, with `thrown` as its `cause`.
 */
export async function releaseAfter(
  thrown: unknown,
  held: { release(): Promise<unknown> },
): Promise<never> {
  const [released] = await Promise.allSettled([held.release()]);
  if (released.status === 'fulfilled') throw thrown;
  const first = thrown instanceof Error ? thrown.message : String(thrown);
  throw new AggregateError([thrown, released.reason], `${first} (and the release failed)`, {
    cause: thrown,
  });
}
