import { N, S, type AttributeValue, type DynamoInput, type Item } from '@x/dynamo-core';

import { attributes } from './record.js';

/** Where the row of an action is. */
export interface DoOnceRow {
  readonly tableName: string;
  readonly key: Item;
  /** The name of the attribute whose presence means "done". */
  readonly dataName: string;
}

/** A claim, or its renewal. */
export interface ClaimWrite {
  readonly owner: string;
  readonly startedMs: number;
  readonly leaseEndMs: number;
  readonly hash: string | undefined;
  /** Whole seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** That it is done. */
export interface DoneWrite extends Omit<ClaimWrite, 'leaseEndMs'> {
  readonly atMs: number;
  readonly result: AttributeValue | undefined;
}

type Put = DynamoInput<'PutItem'> & { TableName: string; Item: Item };

/** Whose lease or mark is over at this moment. */
export interface Cut {
  /** Leases and marks that end until then are over. */
  readonly cutMs: number;
  /** Whether a claim whose lease is over may be taken. */
  readonly takeover: boolean;
}

/**
 * Claims the action: nobody has done it, and nobody's lease runs. A later claim of the same call
 * replaces its own; an earlier one, late in the network, does not.
 */
export function claimRow(row: DoOnceRow, write: ClaimWrite, cut: Cut): Put {
  const { owner, leaseEndMs } = write;
  const own = '(#owner = :owner AND #lease <= :lease)';
  return {
    ...put(row, { ...common(write), [attributes.lease]: N(leaseEndMs) }),
    ConditionExpression: free(cut, own),
    ExpressionAttributeNames: names(row, 'owner', 'lease', 'expiresAt'),
    ExpressionAttributeValues: {
      ...cutValues(cut),
      ':owner': S(owner),
      ':lease': N(leaseEndMs),
    },
    ReturnValues: 'ALL_OLD',
  };
}

/** Marks the action as done where it could be claimed, for a transaction. */
export function markFreeRow(row: DoOnceRow, write: DoneWrite, cut: Cut): Put {
  return {
    ...put(row, doneItem(row, write)),
    ConditionExpression: free(cut),
    ExpressionAttributeNames: names(row, 'lease', 'expiresAt'),
    ExpressionAttributeValues: cutValues(cut),
  };
}

/**
 * Marks the action as done, unless another was first. The mark keeps the owner, so that a repeat
 * meets its own. There must be a row, so that a late copy does not undo `clearKey`.
 */
export function completeRow(row: DoOnceRow, write: DoneWrite, cutMs: number): Put {
  return markUnlessDone(
    row,
    write,
    cutMs,
    '(attribute_exists(#owner) AND attribute_not_exists(#data))',
  );
}

/** Marks the action as done, unless another was first; also where there is no row. */
export function markRow(row: DoOnceRow, write: DoneWrite, cutMs: number): Put {
  return markUnlessDone(row, write, cutMs, 'attribute_not_exists(#data)');
}

/** Lets the lease of the own claim end later. */
export function renewClaim(
  row: DoOnceRow,
  { owner, leaseEndMs, expiresAt }: ClaimWrite,
): DynamoInput<'UpdateItem'> {
  const expires = expiresAt !== undefined;
  return {
    TableName: row.tableName,
    Key: row.key,
    UpdateExpression: `SET #lease = :lease${expires ? ', #expiresAt = :expiresAt' : ''}`,
    ConditionExpression: '#owner = :owner AND attribute_not_exists(#data) AND #lease <= :lease',
    ExpressionAttributeNames: names(row, 'owner', 'lease', ...(expires ? ['expiresAt'] : [])),
    ExpressionAttributeValues: {
      ':owner': S(owner),
      ':lease': N(leaseEndMs),
      ...(expires && { ':expiresAt': N(expiresAt) }),
    },
  };
}

/** Gives the own claim back, and nobody else's. */
export function releaseClaim(row: DoOnceRow, owner: string): DynamoInput<'DeleteItem'> {
  return {
    TableName: row.tableName,
    Key: row.key,
    ConditionExpression: '#owner = :owner AND attribute_not_exists(#data)',
    ExpressionAttributeNames: names(row, 'owner'),
    ExpressionAttributeValues: { ':owner': S(owner) },
  };
}

/** The whole row of a mark. */
export function doneItem({ key, dataName }: DoOnceRow, write: DoneWrite): Item {
  return {
    ...key,
    [dataName]: S(JSON.stringify(write.atMs)),
    ...common(write),
    ...(write.result && { [attributes.result]: write.result }),
  };
}

function markUnlessDone(row: DoOnceRow, write: DoneWrite, cutMs: number, undone: string): Put {
  return {
    ...put(row, doneItem(row, write)),
    ConditionExpression: `${undone} OR #owner = :owner OR #expiresAt <= :cutSeconds`,
    ExpressionAttributeNames: names(row, 'owner', 'expiresAt'),
    ExpressionAttributeValues: {
      ':owner': S(write.owner),
      ':cutSeconds': N(Math.floor(cutMs / 1000)),
    },
  };
}

function free({ takeover }: Cut, orOwn?: string): string {
  const unclaimed = ['attribute_not_exists(#lease)'];
  if (takeover) unclaimed.push('#lease <= :cut');
  if (orOwn !== undefined) unclaimed.push(orOwn);
  const undone = `(attribute_not_exists(#data) AND (${unclaimed.join(' OR ')}))`;
  return `${undone} OR #expiresAt <= :cutSeconds`;
}

function cutValues({ cutMs, takeover }: Cut): Item {
  return {
    ...(takeover && { ':cut': N(cutMs) }),
    ':cutSeconds': N(Math.floor(cutMs / 1000)),
  };
}

function common({ owner, startedMs, hash, expiresAt }: Omit<ClaimWrite, 'leaseEndMs'>): Item {
  return {
    [attributes.owner]: S(owner),
    [attributes.started]: N(startedMs),
    ...(hash !== undefined && { [attributes.hash]: S(hash) }),
    ...(expiresAt !== undefined && { [attributes.expiresAt]: N(expiresAt) }),
  };
}

function put({ tableName, key }: DoOnceRow, item: Item): Put {
  return { TableName: tableName, Item: { ...key, ...item } };
}

function names({ dataName }: DoOnceRow, ...used: readonly string[]): Record<string, string> {
  return { '#data': dataName, ...Object.fromEntries(used.map((name) => [`#${name}`, name])) };
}
