import type { AttributeValue, DynamoInput, Item } from './transport.js';
import { N, numberOf, S, stringOf } from './attributes.js';
import { isExpired } from './input-checks.js';
import { valueRegisters, type Registers } from './recent-ids.js';
import { droppedOf, hasBoth } from './row-kinds.js';
import { rowRequest } from './row-requests.js';
import {
  all,
  isOwn,
  setValue,
  storedValue,
  type ValueWrite,
  type RowAddress,
} from './write-value.js';

/** The expiry of a row that holds a claim alone: long past, so that it has no value, and so long that TTL leaves it. */
const pastSeconds = 1;

/** The registers behind the version, whose name is the table's choice. */
export const registers: Registers = /* @__PURE__ */ valueRegisters('').slice(1);

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
  return storedValue(from, { names }, nowMs) !== undefined;
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
  const { key, names, owner } = row;
  const hasExpired = isExpired(numberOf(from, names.expiresAt), nowMs);
  const isThere = hasValue(row, from, nowMs);
  const isEmpty = !isThere && !hasExpired;
  const own = [names.version, names.data, names.expiresAt, owner?.name ?? ''];
  const kept = [...Object.keys(key), ...own, 'claim', 'claimEnds'];
  const dropped = hasExpired && from ? droppedOf(from, kept) : undefined;
  const before = from?.['claim'];
  // What expires and has no value is another thing, which the claim would end.
  const until = isEmpty ? undefined : from?.[names.expiresAt];
  const read = from?.[names.version];
  return rowRequest(
    row,
    {
      UpdateExpression: [
        'SET claim = :claim, claimEnds = :end',
        isThere ? '' : ', #data = :nothing, #expiresAt = :past',
        isThere || owner === undefined ? '' : ', #owner = :owner',
        dropped?.places ? ` REMOVE ${dropped.places}` : '',
      ].join(''),
      ConditionExpression: all(
        isStill('claim', ':before', before),
        isStill('#expiresAt', ':until', until),
        isStill('#newest', ':read', read),
        isEmpty ? 'attribute_not_exists(#data) AND attribute_not_exists(#count)' : undefined,
        isThere || from === undefined ? isOwn(row) : undefined,
      ),
    },
    {
      ':before': before,
      ':until': until,
      ':read': read,
      ':claim': S(id),
      ':end': N(endMs),
      ':nothing': S('null'),
      ':past': N(pastSeconds),
    },
    dropped,
  );
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
  const read = from?.[row.names.version];
  const input = setValue(row, write, {
    expression: all('claim = :claim', isStill('#newest', ':read', read)),
    values: { ':claim': S(id), ...(read && { ':read': read }) },
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
  const values = { ':claim': S(id), ':past': N(pastSeconds) };
  if (!isAlone) {
    const UpdateExpression = 'REMOVE claim, claimEnds';
    const ConditionExpression = 'claim = :claim';
    const input = rowRequest(row, { UpdateExpression, ConditionExpression }, values);
    return { operation: 'UpdateItem', input };
  }
  const ConditionExpression = 'claim = :claim AND #expiresAt = :past';
  return { operation: 'DeleteItem', input: rowRequest(row, { ConditionExpression }, values) };
}

/** So long ago that it is past by every clock, and not so long that Time to Live leaves it. */
const revokedSeconds = 2 * 86_400;

/**
 * Takes the value and what is remembered of it out of a row that holds a count too, or revokes the claim
 * of who computes it. The row of a claim stays, as an expired one, until it is computed or purged: in an
 * absent one a late copy of the claim would claim again, and what was computed before the delete would be
 * stored behind it. It says which claim was revoked, or the next one could be claimed twice.
 */
export function removeValue(row: RowAddress, claim?: string, nowMs = 0): DynamoInput<'UpdateItem'> {
  const [UpdateExpression, condition] =
    claim === undefined
      ? [`REMOVE #data, #newest, ${registers.join(', ')}`, hasBoth]
      : [
          'SET claim = :claim, #data = :nothing, #expiresAt = :past REMOVE claimEnds',
          'claim = :before AND attribute_not_exists(#count)',
        ];
  const ConditionExpression = all(condition, isOwn(row));
  return rowRequest(
    row,
    { ReturnValues: 'ALL_OLD', UpdateExpression, ConditionExpression },
    {
      ':before': S(claim ?? ''),
      ':claim': S((claim ?? '').replace(/~?$/, '~')),
      ':nothing': S('null'),
      ':past': N(Math.floor(nowMs / 1000) - revokedSeconds),
    },
  );
}

/** The condition that an attribute is as it was read: `place` stands for that. */
function isStill(name: string, place: string, value: AttributeValue | undefined): string {
  return value === undefined ? `attribute_not_exists(${name})` : `${name} = ${place}`;
}
