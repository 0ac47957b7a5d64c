/**
 * What a release found. `'released'`: the lock was ours until now, and it is free. `'superseded'`:
 * it was not ours any more, and was left as it is.
 */
export type ReleaseOutcome = 'released' | 'superseded';
