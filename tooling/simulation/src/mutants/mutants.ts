import { coreMutants } from './lists/core-mutants.js';
import { counterMutants } from './lists/counter-mutants.js';
import { doOnceMutants } from './lists/do-once-mutants.js';
import { kvMutants } from './lists/kv-mutants.js';
import { limitedAttemptMutants } from './lists/limited-attempt-mutants.js';
import { lockMutants } from './lists/lock-mutants.js';
import { partitionedMutants } from './lists/partitioned-mutants.js';
import { semaphoreMutants } from './lists/semaphore-mutants.js';
import type { Mutant } from './mutant.js';

/** Every breakage that a test must notice. */
export const mutants: readonly Mutant[] = [
  ...coreMutants,
  ...kvMutants,
  ...lockMutants,
  ...semaphoreMutants,
  ...counterMutants,
  ...doOnceMutants,
  ...partitionedMutants,
  ...limitedAttemptMutants,
];
