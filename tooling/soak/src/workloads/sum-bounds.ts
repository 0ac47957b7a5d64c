import { isPastMemory, outputOf, type Call } from '../run/round.js';

/** Between which counts a counter must be after these calls. */
export interface SumBounds {
  readonly least: number;
  readonly most: number;
  readonly text: string;
}

/**
 * Each call adds `by`: once if it returned, once or never if nobody knows how it ended. One that met
 * more other changes than a row remembers (`remembered`) may have been made again.
 */
export function sumBounds(
  calls: readonly Call[],
  remembered: number,
  byOf: (call: Call) => number,
): SumBounds {
  let known = 0;
  let down = 0;
  let up = 0;
  let unknown = 0;
  for (const call of calls) {
    const by = byOf(call);
    const isKnown = outputOf(call) !== undefined;
    if (isKnown) known += by;
    else unknown++;
    if (!isKnown || isPastMemory(call, calls, remembered)) {
      if (by < 0) down += by;
      else up += by;
    }
  }
  const text = `${calls.length} calls, ${unknown} of unknown outcome, acknowledged sum ${known}`;
  return { least: known + down, most: known + up, text };
}
