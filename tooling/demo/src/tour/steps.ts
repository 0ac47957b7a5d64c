import type { Step } from '../step.js';
import { counter } from './counter.js';
import { doOnce } from './do-once.js';
import { keyValue } from './key-value.js';
import { limitedAttempt } from './limited-attempt.js';
import { partitioned } from './partitioned.js';
import { lock } from './lock.js';

/** The tour in its order. A new primitive adds its step here. */
export const steps: readonly Step[] = [
  keyValue,
  partitioned,
  counter,
  lock,
  doOnce,
  limitedAttempt,
];
