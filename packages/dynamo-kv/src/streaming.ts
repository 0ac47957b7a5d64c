import { InvalidInputError, type Clock, type Item } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import type { StreamOptions } from './options.js';
import type { NamespaceRows } from './requests.js';
import { Scanner, type ScannedPage } from './scanner.js';

/** All rows, as they arrive. */
export async function* streamItems(
  table: NamespaceRows,
  rowsPerRequest: number,
  options: StreamOptions,
): AsyncGenerator<[string, unknown], void, undefined> {
  for await (const { rows } of streamPages(table, rowsPerRequest, options)) {
    for (const { id, value } of rows) yield [id, value];
  }
}

interface Arrival {
  readonly segment: number;
  readonly page: ScannedPage;
  /** When the segment may send its next request, in monotonic time. */
  readonly nextAtMs: number;
}

/**
 * Scans all segments at once and yields each page as it arrives. A segment sends its next request
 * only when its page was taken, so that a slow reader is not flooded. When the reader stops early,
 * or one segment fails, the requests of the others are aborted and waited for.
 */
async function* streamPages(
  table: NamespaceRows,
  rowsPerRequest: number,
  options: StreamOptions,
): AsyncGenerator<ScannedPage> {
  const { minimumDelayBetween: minimumDelayMs = 0, segments = 1, signal: outer } = options;
  checkInteger('perPage', rowsPerRequest, 1);
  if (!(minimumDelayMs >= 0 && Number.isFinite(minimumDelayMs))) {
    throw new InvalidInputError('minimumDelayBetween', minimumDelayMs, '0 or more milliseconds');
  }

  outer?.throwIfAborted();
  // One for each segment: many listeners on one signal are warned of. Not `AbortSignal.any`, whose
  // followers stay on a signal that lives on.
  const stops = Array.from({ length: segments }, () => new AbortController());
  const stopAll = (): void => stops.forEach((stop) => stop.abort(outer?.reason));
  outer?.addEventListener('abort', stopAll, { once: true });
  const scanner = new Scanner(table, options);
  const stream = { scanner, clock: table.clock, rowsPerRequest, minimumDelayMs, stops };
  const pending = new Map<number, Promise<Arrival>>();
  for (let segment = 0; segment < segments; segment++) {
    pending.set(segment, fetchPage(stream, segment, undefined, -Infinity));
  }
  try {
    while (pending.size > 0) {
      const { segment, page, nextAtMs } = await Promise.race(pending.values());
      pending.delete(segment);
      yield page;
      if (page.next !== undefined) {
        pending.set(segment, fetchPage(stream, segment, page.next, nextAtMs));
      }
    }
  } finally {
    outer?.removeEventListener('abort', stopAll);
    stopAll();
    await Promise.allSettled(pending.values());
  }
}

interface Stream {
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly rowsPerRequest: number;
  readonly minimumDelayMs: number;
  readonly stops: readonly AbortController[];
}

async function fetchPage(
  { scanner, clock, rowsPerRequest, minimumDelayMs, stops }: Stream,
  segment: number,
  from: Item | undefined,
  atMs: number,
): Promise<Arrival> {
  const { signal } = stops[segment] as AbortController;
  const delayMs = atMs - clock.monotonic();
  if (delayMs > 0) await clock.sleep(delayMs, { signal });
  const nextAtMs = clock.monotonic() + minimumDelayMs;
  const TotalSegments = stops.length;
  const part = TotalSegments === 1 ? undefined : { Segment: segment, TotalSegments };
  const page = await scanner.page({ rowsMax: rowsPerRequest, from, segment: part, signal });
  return { segment, page, nextAtMs };
}
