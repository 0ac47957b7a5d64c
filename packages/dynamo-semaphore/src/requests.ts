// A semaphore is a row: `taken` counts its places, each place is an attribute with the end of its lease,
// named by the operation id of the call that took it. A place is free where `taken` is below `n`; one of
// a dead holder is replaced under the condition that the row is still as it was seen. The ids of places
// that were given back stay in registers, which the acquisition asks: a late copy takes no place.
import { N, S, type DynamoInput, type Item } from '@x/dynamo-core';
import { registerParts, registerValues, type LeaseWrite } from '@x/dynamo-core/mechanism';

import { endName, fenceName, metaName, released, type Place } from './permit-row.js';

/** Which row a request is about, and whose place. */
export interface PlaceAddress {
  readonly tableName: string;
  readonly key: string;
  readonly id: string;
}

/** Longer than any lease: the row outlives all of its places. */
const retentionSeconds = 14 * 86_400;
const parts = registerParts(released);
const names = (id: string): Record<string, string> => ({
  '#end': endName(id),
  '#meta': metaName(id),
  '#fence': fenceName(id),
});
const fence = 'if_not_exists(fence, :seed) + :one';
const place = `#end = :end, #meta = :meta, #fence = ${fence}, fence = ${fence}, purgeAt = :purgeAt`;

/** Takes a place where fewer than `n` are taken. */
export function takePlace(
  { tableName, key, id }: PlaceAddress,
  n: number,
  meta: string,
  lease: LeaseWrite,
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: `SET ${place}, taken = if_not_exists(taken, :zero) + :one REMOVE waiters`,
    ConditionExpression: `(attribute_not_exists(taken) OR taken < :n) AND attribute_not_exists(#end) AND ${parts.isNew}`,
    ExpressionAttributeNames: { ...names(id), ...parts.names },
    ExpressionAttributeValues: {
      ':n': N(n),
      ':zero': N(0),
      ':id': S(id),
      ...leaseValues(meta, lease),
    },
    ReturnValues: 'UPDATED_NEW',
  };
}

/** Takes a place, and removes those of dead holders, if the row is still as it was seen. */
export function replacePlaces(
  { tableName, key, id }: PlaceAddress,
  seen: { readonly taken: number; readonly dead: readonly Place[] },
  meta: string,
  lease: LeaseWrite,
): DynamoInput<'UpdateItem'> {
  const { taken, dead } = seen;
  // Three of each, its end in front.
  const ends = dead.map((_, index) => `#m${3 * index} = :d${index}`);
  const removed = dead.flatMap(({ id: other }) => Object.values(names(other)));
  const places = removed.map((_, index) => `#m${index}`);
  return {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: `SET ${place}, taken = :taken REMOVE waiters, ${places.join(', ')}`,
    ConditionExpression: `taken = :seen AND attribute_not_exists(#end) AND ${parts.isNew} AND ${ends.join(' AND ')}`,
    ExpressionAttributeNames: {
      ...names(id),
      ...parts.names,
      ...placed('#m', removed),
    },
    ExpressionAttributeValues: {
      ':seen': N(taken),
      ':taken': N(taken - dead.length + 1),
      ':id': S(id),
      ...leaseValues(meta, lease),
      ...placed(
        ':d',
        dead.map(({ endMs }) => N(endMs)),
      ),
    },
    ReturnValues: 'UPDATED_NEW',
  };
}

/** Extends the lease of a place. An older renewal that arrives late never shortens it. */
export function renewPlace(
  { tableName, key, id }: PlaceAddress,
  endMs: number,
  nowMs: number,
  meta?: string,
): DynamoInput<'UpdateItem'> {
  const said = meta === undefined ? '' : ', #meta = :meta';
  return {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: `SET #end = :end, purgeAt = :purgeAt${said}`,
    ConditionExpression: 'attribute_exists(#end) AND #end <= :end',
    ExpressionAttributeNames: {
      '#end': endName(id),
      ...(meta !== undefined && { '#meta': metaName(id) }),
    },
    ExpressionAttributeValues: {
      ':end': N(endMs),
      ':purgeAt': purgeAt(nowMs),
      ...(meta !== undefined && { ':meta': S(meta) }),
    },
  };
}

/**
 * Gives a place back, and remembers that. `putBack` are places that it had replaced too early: unless a late
 * copy stands there again.
 */
export function releasePlace(
  { tableName, key, id }: PlaceAddress,
  putBack: readonly Place[] = [],
): DynamoInput<'UpdateItem'> {
  const back = putBack.flatMap(({ stored }) => Object.entries(stored));
  const isFree = back.map(([name], index) =>
    name.startsWith('e.') ? ` AND attribute_not_exists(#b${index})` : '',
  );
  const sets = back.map((_, index) => `, #b${index} = :b${index}`).join('');
  return {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: `SET taken = taken + :by, ${parts.shift}${sets} REMOVE #end, #meta, #fence`,
    ConditionExpression: `attribute_exists(#end)${isFree.join('')}`,
    ExpressionAttributeNames: {
      ...names(id),
      ...parts.names,
      ...placed(
        '#b',
        back.map(([name]) => name),
      ),
    },
    ExpressionAttributeValues: {
      ...registerValues(id),
      ...placed(
        ':b',
        back.map(([, value]) => value),
      ),
      ':by': N(putBack.length - 1),
    },
  };
}

function leaseValues(meta: string, { endMs, nowMs, seed }: LeaseWrite): Item {
  return {
    ':end': N(endMs),
    ':meta': S(meta),
    ':purgeAt': purgeAt(nowMs),
    ':seed': N(seed),
    ':one': N(1),
  };
}

function purgeAt(nowMs: number): { N: string } {
  return N(Math.floor(nowMs / 1000) + retentionSeconds);
}

/** What stands in the places `#m0`, `#m1`, … */
function placed<T>(place: string, all: readonly T[]): Record<string, T> {
  return Object.fromEntries(all.map((each, index) => [`${place}${index}`, each]));
}
