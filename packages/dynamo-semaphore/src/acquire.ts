import { numberOf, type DynamoInput } from '@x/dynamo-core';
import {
  type HeldLock,
  holdTaken,
  remembers,
  sendTaking,
  type DeadlineOptions,
  type AttemptOutcome,
  type LeaseRequest,
  type LeaseRow,
  type LeaseTable,
  type LeaseWrite,
} from '@x/dynamo-core/mechanism';

import { endName, fenceName, readPermitRow, statusOf, released, type Place } from './permit-row.js';
import { releasePlace, renewPlace, replacePlaces, takePlace } from './requests.js';

/** A place that is asked for. */
export interface PermitRequest extends LeaseRequest {
  readonly n: number;
}

/** How often a takeover may meet another change of the row. */
const takeoversMax = 5;

/**
 * Tries to take a place under the operation id `id`: one request, and another to replace places of
 * dead holders.
 */
export async function takePermit(
  context: LeaseTable,
  request: PermitRequest,
  id: string,
  bounds: DeadlineOptions,
): Promise<AttemptOutcome<HeldLock>> {
  const { clock, skewToleranceMs, holder, tableName } = context;
  const { key, n, info } = request;
  const address = { tableName, key, id };
  const metaOf = (said: unknown): string => JSON.stringify({ holder, info: said });
  const row: LeaseRow<Place> = {
    hasPrevious: false,
    isMine: (item) => item[endName(id)] !== undefined,
    isReleased: (item) => remembers(item, released, id),
    abandon: (places) => releasePlace(address, places),
    renew: (endMs, said) =>
      renewPlace(address, endMs, clock.now(), said === undefined ? undefined : metaOf(said)),
    release: () => releasePlace(address),
  };
  const attempt = { table: context, request, bounds, row };
  const meta = metaOf(info);
  let sent = await sendTaking(attempt, (lease) => takePlace(address, n, meta, lease));
  for (let takeover = 0; sent.outcome === 'refused'; takeover++) {
    const { item } = sent;
    const { taken, places } = readPermitRow(item);
    const cutMs = clock.now() - skewToleranceMs;
    // No more than it takes: there is never room for another until it is known that they are dead.
    const needed = Math.max(0, taken - n + 1);
    const dead = places.filter(({ endMs }) => endMs <= cutMs).slice(0, needed);
    if (takeover === takeoversMax || dead.length < needed) {
      // Whose lease has to end before there is room: not the first one where `n` has shrunk.
      const last = places[Math.max(0, places.length - n)];
      return { outcome: 'contended', status: last && statusOf(item, last), item };
    }
    const build = (lease: LeaseWrite): DynamoInput<'UpdateItem'> =>
      needed === 0
        ? takePlace(address, n, meta, lease)
        : replacePlaces(address, { taken, dead }, meta, lease);
    sent = await sendTaking(attempt, build, dead);
  }
  const { item } = sent;
  const taken = { fence: numberOf(item, fenceName(id)), endMs: numberOf(item, endName(id)) };
  return await holdTaken(attempt, sent, taken);
}
