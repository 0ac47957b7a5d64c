/** The count of one id. */
export interface KeyCount<K = string, C extends number | bigint = number> {
  readonly id: K;
  /** Left out where there is no counter, or an expired one. */
  readonly count?: C;
}

/** Puts ids and their counts together. */
export function keyCounts<K, C extends number | bigint>(
  ids: readonly K[],
  counts: readonly (C | undefined)[],
): KeyCount<K, C>[] {
  return ids.map((id, index) => {
    const count = counts[index];
    return count === undefined ? { id } : { id, count };
  });
}
