import { N, S, type DynamoInput } from '@x/dynamo-core';
import {
  all,
  filledIn,
  isOwn,
  isPresent,
  registerParts,
  registerValues,
  rowNames,
  rowRequest,
  valueRegisters,
  type RowAddress,
  type ValueStore,
} from '@x/dynamo-core/mechanism';

/** The rows of sessions. */
export interface SessionRows extends ValueStore<string> {
  readonly owner: { readonly name: string; readonly value: string };
  /** What the table calls its key. */
  readonly keyName: string;
}

/** The same for each name of the version: `#newest` stands for it. */
const memory = /* @__PURE__ */ registerParts(/* @__PURE__ */ valueRegisters(''));

/** Whole seconds would keep a session for up to a second after its end: what writes its row says when, in its id. */
export function idEndingAt(endMs: number, id: string): string {
  return `${asText(endMs)}.${id}`;
}

/** The end that a version says; `undefined` where another program wrote it. */
export function endIn(version: string): number | undefined {
  const end = /^id:(\d{15})\./.exec(version)?.[1];
  return end === undefined ? undefined : Number(end);
}

/** As many digits for each, so that texts have the order of the numbers. */
function asText(ms: number): string {
  return String(ms).padStart(15, '0');
}

/** What a touch stores. */
export interface Touch {
  /** What the row remembers it by. */
  readonly id: string;
  readonly endMs: number;
  readonly nowMs: number;
}

/** Moves the end of a session that is there and has not ended, unless the row remembers the touch. */
export function touch(row: RowAddress, { id, endMs, nowMs }: Touch): DynamoInput<'UpdateItem'> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const present = isPresent(nowMs);
  const hasEnded = '#expiresAt = :next AND #newest BETWEEN :from AND :to';
  return rowRequest(
    row,
    {
      UpdateExpression: `SET #expiresAt = :end, ${memory.shift}`,
      ConditionExpression: all(present.expression, isOwn(row), memory.isNew, `NOT (${hasEnded})`),
    },
    {
      ':end': N(Math.ceil(endMs / 1000)),
      ':next': N(nowSeconds + 1),
      ':from': S(asText(nowSeconds * 1000)),
      ':to': S(asText(nowMs + 1)),
      ...registerValues(id),
      ...present.values,
    },
  );
}

/** Reads on through the table, and keeps the sessions whose keys begin with a text. */
export function scan(
  rows: SessionRows,
  prefix: string,
  nowMs: number,
  onlyKeys: boolean,
): DynamoInput<'Scan'> {
  const { tableName, keyName, owner } = rows;
  const present = isPresent(nowMs);
  return filledIn(
    {
      TableName: tableName,
      // Whoever stored a session finds it.
      ConsistentRead: true,
      FilterExpression: all(present.expression, isOwn(rows), 'begins_with(#key, :prefix)'),
      ProjectionExpression: onlyKeys ? '#key' : undefined,
    },
    { '#key': keyName, ...rowNames(rows) },
    { ...present.values, ':owner': S(owner.value), ':prefix': S(prefix) },
  );
}
