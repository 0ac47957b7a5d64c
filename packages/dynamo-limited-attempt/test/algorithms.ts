import {
  alignedWindow,
  fixedWindow,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
} from '../src/index.js';

/** All but that of the calendar: what holds for one holds for each. */
const algorithms: readonly Algorithm[] = [
  fixedWindow,
  alignedWindow,
  slidingLog,
  slidingCounter,
  tokenBucket,
];

/** The same, for the tables of `describe.each`. */
export const byName: readonly (readonly [name: string, algorithm: Algorithm])[] = algorithms.map(
  (algorithm) => [algorithm.name, algorithm],
);
