import { InvalidInputError } from './errors.js';

/** What a scan tells about itself. */
interface Scanned {
  readonly scanned: number;
}

/**
 * An `onProgress` for the scans of an adapter, whose framework does not know that they cost: throws an
 * `InvalidInputError` that names the method and the way out once more than `scanRowsMax` rows were read.
 */
export function scanBound(scanRowsMax: number): (method: string) => (progress: Scanned) => void {
  return (method) =>
    ({ scanned }) => {
      if (scanned <= scanRowsMax) return;
      const allowed = `at least the number of rows of the table: ${method} has read ${scanned}`;
      throw new InvalidInputError('scanRowsMax', scanRowsMax, allowed);
    };
}

const keysPerBatch = 1_000;

/**
 * Deletes what a scan finds, a thousand keys at a time, so that an adapter holds no more of a large table.
 * What was deleted before an error stays deleted.
 */
export async function deleteFound(
  found: AsyncIterable<string>,
  deleteMany: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  let keys: string[] = [];
  for await (const key of found) {
    keys.push(key);
    if (keys.length < keysPerBatch) continue;
    await deleteMany(keys);
    keys = [];
  }
  await deleteMany(keys);
}
