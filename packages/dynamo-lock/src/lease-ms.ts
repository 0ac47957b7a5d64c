import { InvalidInputError, checkPositive } from '@x/dynamo-core';

/** A year. More is a date, or milliseconds, that was passed as a duration in seconds. */
const timeoutSecondsMax = 366 * 86_400;

/** Checks the duration of a lease and turns it into milliseconds. */
export function leaseMsOf(timeoutSeconds: number): number {
  checkPositive('timeoutSeconds', timeoutSeconds);
  if (timeoutSeconds > timeoutSecondsMax) {
    throw new InvalidInputError(
      'timeoutSeconds',
      timeoutSeconds,
      `a duration of at most ${timeoutSecondsMax} seconds`,
    );
  }
  return timeoutSeconds * 1000;
}
