import { numberOf, type DynamoInput } from '@x/dynamo-core';
import {
  HeldLock,
  deadline,
  giveBack,
  isCrowded,
  leaseStart,
  mayBeApplied,
  remainsMs,
  remembers,
  writeConditionally,
  type AttemptBounds,
  type ConditionalOutcome,
  type LeaseAttempt,
  type LeaseTable,
  type LeaseEnd,
  type LeaseStart,
} from '@x/dynamo-core/mechanism';

import { endName, fenceName, readPermitRow, statusOf, released, type Place } from './permit-row.js';
import {
  keyOf,
  releasePlace,
  renewPlace,
  replacePlaces,
  takePlace,
  type PlaceLease,
} from './requests.js';

/** A place that is asked for. */
export interface PermitRequest {
  readonly key: string;
  readonly n: number;
  readonly leaseMs: number;
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
  readonly heartbeat: boolean;
}

/** How often a takeover may meet another change of the row. */
const takeoversMax = 5;

/**
 * Tries to take a place under the operation id `id`: one request, and another to replace places of
 * dead holders. Where it stays unknown whether a request was applied, the place is given back.
 */
export async function takePermit(
  context: LeaseTable,
  request: PermitRequest,
  id: string,
  bounds: AttemptBounds,
): Promise<LeaseAttempt> {
  const { clock, skewToleranceMs } = context;
  const { key, n } = request;
  const address = { tableName: context.tableName, key, id };
  bounds.signal?.throwIfAborted();
  const hasEnded = ({ endMs }: Place): boolean => endMs <= clock.now() - skewToleranceMs;
  let dead: Place[] = [];
  let sent = await send(context, request, id, bounds, (lease) => takePlace(address, n, lease));
  for (let takeover = 0; sent.written.outcome === 'refused'; takeover++) {
    const { item } = sent.written;
    const { taken, places } = readPermitRow(item);
    // No more than it takes: there is never room for another until it is known that they are dead.
    const needed = Math.max(0, taken - n + 1);
    dead = places.filter(hasEnded).slice(0, needed);
    if (takeover === takeoversMax || dead.length < needed) {
      // Whose lease has to end before there is room: not the first one where `n` has shrunk.
      const last = places[Math.max(0, places.length - n)];
      const status = last && statusOf(item, last);
      const newest = numberOf(item, 'fence');
      return { outcome: 'contended', status, fence: newest, isCrowded: isCrowded(item) };
    }
    const build = (lease: PlaceLease): DynamoInput<'UpdateItem'> =>
      needed === 0 ? takePlace(address, n, lease) : replacePlaces(address, { taken, dead }, lease);
    sent = await send(context, request, id, bounds, build, dead);
  }
  const { written, start } = sent;
  const item = written.outcome === 'applied' ? written.attributes : written.item;
  const fence = numberOf(item, fenceName(id));
  // By DynamoDB's clock the replaced holders may still act, or the lease has expired already.
  const early = dead.filter((place) => !hasEnded(place));
  let { end } = start;
  const isOurEnd = numberOf(item, endName(id)) === end.rowMs;
  if (early.length === 0 && (!isOurEnd || remainsMs(clock, end) === 0)) {
    // Once more, from now on. It ends at once where the place is not ours any more.
    const again = await send(context, request, id, bounds, ({ endMs, nowMs }) =>
      renewPlace(address, endMs, nowMs),
    );
    end = again.written.outcome === 'applied' ? again.start.end : { rowMs: 0, monotonicMs: 0 };
  }
  // A repeat that finds its place put back, after another had replaced it, finds no fence.
  if (fence === undefined || early.length > 0 || remainsMs(clock, end) === 0) {
    await abandon(context, key, id, early);
    return { outcome: 'returned', status: undefined };
  }
  return { outcome: 'held', lock: heldPermit(context, request, id, fence, end) };
}

interface Sent {
  readonly written: ConditionalOutcome;
  readonly start: LeaseStart;
}

async function send(
  context: LeaseTable,
  request: PermitRequest,
  id: string,
  bounds: AttemptBounds,
  build: (lease: PlaceLease) => DynamoInput<'UpdateItem'>,
  replaced: readonly Place[] = [],
): Promise<Sent> {
  const { transport, clock, random } = context;
  const { key, leaseMs, info } = request;
  const jitter = Math.floor(random.unit() * 1000);
  let start = leaseStart(clock, leaseMs);
  const input = (): DynamoInput<'UpdateItem'> => {
    start = leaseStart(clock, leaseMs);
    const { nowMs, end } = start;
    const meta = metaOf(context, info);
    return build({ endMs: end.rowMs, nowMs, meta, seed: nowMs * 1000 + jitter });
  };
  try {
    const written = await deadline(bounds, (signal) =>
      writeConditionally(transport, 'UpdateItem', input, {
        isMine: (item) => item[endName(id)] !== undefined,
        mustExist: keyOf(key),
        signal,
      }),
    );
    return { written, start };
  } catch (error) {
    if (mayBeApplied(error, bounds.signal)) await abandon(context, key, id, replaced);
    throw error;
  }
}

function heldPermit(
  context: LeaseTable,
  { key, leaseMs, info }: PermitRequest,
  id: string,
  fence: number,
  end: LeaseEnd,
): HeldLock {
  const { transport, tableName, clock, monitoring, channels } = context;
  const address = { tableName, key, id };
  return new HeldLock({
    key,
    fence,
    info,
    leaseMs,
    end,
    clock,
    logger: monitoring.logger,
    channels,
    row: {
      hasPrevious: false,
      renew: async (begin, said, signal) => {
        const meta = said === undefined ? undefined : metaOf(context, said);
        const input = () => renewPlace(address, begin(), clock.now(), meta);
        const written = await writeConditionally(transport, 'UpdateItem', input, { signal });
        return written.outcome === 'refused' ? 'stolen' : 'renewed';
      },
      release: async (_, signal) => {
        const written = await writeConditionally(transport, 'UpdateItem', releasePlace(address), {
          isMine: (item) => remembers(item, released, id),
          signal,
        });
        return written.outcome === 'refused' ? 'superseded' : 'released';
      },
    },
  });
}

function metaOf({ holder }: LeaseTable, info: unknown): string {
  return JSON.stringify({ holder, ...(info !== undefined && { info }) });
}

/** Gives back what the call may have taken, and puts back what it had replaced. */
async function abandon(
  context: LeaseTable,
  key: string,
  id: string,
  putBack: readonly Place[],
): Promise<void> {
  const { transport, tableName } = context;
  const input = releasePlace({ tableName, key, id }, putBack);
  await giveBack(context, key, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}
