import type { AttributeValue, DynamoInput, Item } from './transport.js';
import { N, numberOf, S, stringOf } from './attributes.js';
import { isExpired } from './input-checks.js';
import { expiredNames, hasBoth } from './row-kinds.js';
import {
  all,
  countName,
  ownedBy,
  ownerNames,
  registers,
  type Condition,
  setValue,
  type ValueWrite,
} from './write-value.js';
import type { RowAddress } from './value-row.js';

/** The expiry of a row that holds a claim alone: long past, so that it has no value, and so long that TTL leaves it. */
const pastSeconds = 1;

/** The claim of a computation. */
export interface ComputeClaim {
  readonly id: string;
  readonly endMs: number;
}

/** Who computes the value of a row, if somebody does. */
export function claimOf(item: Item | undefined): ComputeClaim | undefined {
  const id = stringOf(item, 'claim');
  return id === undefined ? undefined : { id, endMs: numberOf(item, 'claimEnds') ?? 0 };
}

/** Whether the row has a value that has not expired, of whichever namespace. */
export function hasValue({ names }: RowAddress, from: Item | undefined, nowMs: number): boolean {
  return from?.[names.data] !== undefined && !isExpired(numberOf(from, names.expiresAt), nowMs);
}

/** Until when the value is fresh; `undefined` where another write than that of `getOrSet` stored it. */
export function freshUntilMs(
  item: Item | undefined,
  version: string | undefined,
): number | undefined {
  const fresh = item?.['freshUntil']?.M;
  return version !== undefined && stringOf(fresh, 'of') === version
    ? numberOf(fresh, 'ms')
    : undefined;
}

/**
 * Claims the row as it was read. A value that has not expired stays, with its version and its expiry.
 * One that has is dropped: the row is that of an expired value, which every other method takes for
 * absent, and the claim does not bring it back.
 */
export function claimRow(
  row: RowAddress,
  from: Item | undefined,
  { id, endMs }: ComputeClaim,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  const { names } = row;
  const hasExpired = isExpired(numberOf(from, names.expiresAt), nowMs);
  const isThere = hasValue(row, from, nowMs);
  const kept = [
    ...Object.keys(row.key),
    row.owner?.name ?? '',
    'claim',
    'claimEnds',
    names.version,
    names.data,
    names.expiresAt,
  ];
  const dropped = hasExpired && from ? expiredNames(from, kept) : [];
  const isEmpty = !isThere && !hasExpired;
  const asRead = [
    isStill('claim', ':before', from?.['claim']),
    // What expires and has no value is another thing, which the claim would end.
    isStill('#expiresAt', ':expires', isEmpty ? undefined : from?.[names.expiresAt]),
    sameVersion(row, from),
  ];
  const empty = 'attribute_not_exists(#data) AND attribute_not_exists(#count)';
  const condition = ownedBy(isThere || from === undefined ? row.owner : undefined, {
    expression: all(...asRead.map(({ expression }) => expression), isEmpty ? empty : undefined),
    values: Object.assign({}, ...asRead.map(({ values }) => values)) as Item,
  });
  return {
    TableName: row.tableName,
    Key: row.key,
    UpdateExpression: [
      'SET claim = :claim, claimEnds = :end',
      isThere ? '' : ', #data = :nothing, #expiresAt = :past',
      isThere || row.owner === undefined ? '' : ', #owner = :owner',
      dropped.length === 0 ? '' : ` REMOVE ${dropped.map((_, n) => `#old${n}`).join(', ')}`,
    ].join(''),
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: {
      '#newest': names.version,
      '#expiresAt': names.expiresAt,
      ...(!isThere && { '#data': names.data }),
      ...(isEmpty && { '#count': countName }),
      ...Object.fromEntries(dropped.map((name, n) => [`#old${n}`, name])),
      ...ownerNames(row.owner),
    },
    ExpressionAttributeValues: {
      ...condition.values,
      ':claim': S(id),
      ':end': N(endMs),
      ...(!isThere && { ':nothing': S('null'), ':past': N(pastSeconds) }),
      ...(row.owner && { ':owner': S(row.owner.value) }),
    },
  };
}

/** Stores what was computed, while the row has the claim and no write or delete came since. */
export function storeComputed(
  row: RowAddress,
  write: ValueWrite,
  {
    id,
    from,
    freshMs,
  }: { readonly id: string; readonly from: Item | undefined; readonly freshMs: number },
): DynamoInput<'UpdateItem'> {
  const same = sameVersion(row, from);
  const input = setValue(row, write, {
    expression: all('claim = :claim', same.expression),
    values: { ':claim': S(id), ...same.values },
    demands: 'value',
  });
  const freshUntil: AttributeValue = { M: { of: S(write.version), ms: N(freshMs) } };
  return {
    ...input,
    UpdateExpression: `${input.UpdateExpression}, freshUntil = :fresh REMOVE claim, claimEnds`,
    ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ':fresh': freshUntil },
  };
}

/** Gives the claim up: the row goes where it holds nothing else, and the value stays where there is one. */
export function freeClaim(
  row: RowAddress,
  id: string,
  isAlone: boolean,
):
  | { readonly operation: 'DeleteItem'; readonly input: DynamoInput<'DeleteItem'> }
  | { readonly operation: 'UpdateItem'; readonly input: DynamoInput<'UpdateItem'> } {
  const { tableName, key, names } = row;
  const at = { TableName: tableName, Key: key };
  const values = { ':claim': S(id) };
  if (!isAlone) {
    const UpdateExpression = 'REMOVE claim, claimEnds';
    const ConditionExpression = 'claim = :claim';
    return {
      operation: 'UpdateItem',
      input: { ...at, UpdateExpression, ConditionExpression, ExpressionAttributeValues: values },
    };
  }
  return {
    operation: 'DeleteItem',
    input: {
      ...at,
      ConditionExpression: 'claim = :claim AND #expiresAt = :past',
      ExpressionAttributeNames: { '#expiresAt': names.expiresAt },
      ExpressionAttributeValues: { ...values, ':past': N(pastSeconds) },
    },
  };
}

/** So long ago that it is past by every clock, and not so long that Time to Live leaves it. */
const revokedSeconds = 2 * 86_400;

/**
 * Takes the value and what is remembered of it out of a row that holds a count too, or revokes the claim
 * of who computes it. The row of a claim stays, as an expired one, until it is computed or purged: in an
 * absent one a late copy of the claim would claim again, and what was computed before the delete would be
 * stored behind it. It says which claim was revoked, or the next one could be claimed twice.
 */
export function removeValue(
  { tableName, key, names, owner }: RowAddress,
  claim?: string,
  nowMs = 0,
): DynamoInput<'UpdateItem'> {
  const past = N(Math.floor(nowMs / 1000) - revokedSeconds);
  const { expression, values } = ownedBy(
    owner,
    claim === undefined
      ? { expression: hasBoth, values: {} }
      : {
          expression: 'claim = :before AND attribute_not_exists(#count)',
          values: {
            ':before': S(claim),
            ':claim': S(claim.replace(/~?$/, '~')),
            ':nothing': S('null'),
            ':past': past,
          },
        },
  );
  return {
    TableName: tableName,
    Key: key,
    ReturnValues: 'ALL_OLD',
    UpdateExpression:
      claim === undefined
        ? `REMOVE #data, #newest, ${registers.join(', ')}`
        : 'SET claim = :claim, #data = :nothing, #expiresAt = :past REMOVE claimEnds',
    ConditionExpression: expression,
    ExpressionAttributeNames: {
      '#data': names.data,
      '#count': countName,
      ...(claim === undefined ? { '#newest': names.version } : { '#expiresAt': names.expiresAt }),
      ...ownerNames(owner),
    },
    ...((owner ?? claim) !== undefined && { ExpressionAttributeValues: values }),
  };
}

/** No write of the value came since the row was read. */
function sameVersion({ names }: RowAddress, from: Item | undefined): Condition {
  return isStill('#newest', ':read', from?.[names.version]);
}

function isStill(name: string, place: string, value: AttributeValue | undefined): Condition {
  return value === undefined
    ? { expression: `attribute_not_exists(${name})`, values: {} }
    : { expression: `${name} = ${place}`, values: { [place]: value } };
}
