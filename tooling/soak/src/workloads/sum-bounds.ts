import { isPastMemory, outputOf, type Call } from '../run/round.js';

/** Between which counts a counter must be after these calls. */
export interface SumBounds {
  readonly least: number;
  readonly most: number;
  readonly text: string;
}

/** What calls do to a count. */
export interface Counting {
  /** How many others a row remembers: a repeat that met more may have been made again. */
  readonly remembered: number;
  readonly byOf: (call: Call) => number;
  /** Whether a call has counted, `undefined` where nobody knows. @default each that returned */
  readonly hasCounted?: (call: Call) => boolean | undefined;
}

/**
 * What some of the calls of a key come to: each counts once where it is known to, and once or never
 * where nobody knows.
 */
export function sumBounds(
  some: readonly Call[],
  { remembered, byOf, hasCounted = hasReturned }: Counting,
  all: readonly Call[] = some,
): SumBounds {
  let known = 0;
  let down = 0;
  let up = 0;
  let unknown = 0;
  for (const call of some) {
    const by = byOf(call);
    const counted = hasCounted(call);
    if (counted === true) known += by;
    if (counted === undefined) unknown++;
    // A late copy of what was refused may find room.
    const mayFollow = counted === false && (call.over?.sent ?? 0) > 1;
    if (counted === undefined || mayFollow || isPastMemory(call, all, remembered)) {
      if (by < 0) down += by;
      else up += by;
    }
  }
  const text = `${some.length} calls, ${unknown} of unknown outcome, acknowledged sum ${known}`;
  return { least: known + down, most: known + up, text };
}

function hasReturned(call: Call): true | undefined {
  return outputOf(call) === undefined ? undefined : true;
}
