import {
  N,
  S,
  type AttributeValue,
  type DynamoInput,
  type Item,
  ConflictError,
} from '@x/dynamo-core';
import {
  expiredNames,
  perShape,
  registerParts,
  type PartitionedHandle,
  pause,
  remembers,
  writeConditionally,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  contextAttribute,
  durationMsMax,
  type KnownRow,
  readRow,
  type KeyCall,
} from './attempt-row.js';

/**
 * A part of an update. Parts with the same shape have the same text, so that the expressions of a
 * request are put together once for each list of shapes. `#pk`, `#count` and `#data` stand for the
 * partition key, for a count, and for the values of others; `#newest` for the first register.
 */
export interface Part {
  readonly shape: string;
  readonly text: () => PartText;
  readonly values?: Item;
  /** The attributes that it writes as they are to be. */
  readonly state?: Item;
}

interface PartText {
  readonly sets?: string;
  readonly removes?: string;
  readonly when?: string;
  /** Names of the row that it was computed from. */
  readonly names?: Readonly<Record<string, string>>;
}

/** An update, put together: one UpdateItem that answers with the whole row. */
export type BuildUpdate = (key: Item, parts: readonly Part[]) => DynamoInput<'UpdateItem'>;

type Expressions = Pick<
  DynamoInput<'UpdateItem'>,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames'
>;

/** A builder of updates for a table, with the expressions that it has put together before. */
export function updateBuilder({ tableName, mappings }: PartitionedHandle): BuildUpdate {
  const expressions = perShape<Expressions>();
  const names: Record<string, string> = {
    ...ids.names,
    '#pk': mappings.partitionKeyFieldName,
    '#count': 'count',
    '#data': mappings.dataFieldName,
  };
  return (key, parts) => {
    let shape = '';
    const values: Item = {};
    for (const part of parts) {
      shape += `${part.shape}|`;
      for (const name in part.values) values[name] = part.values[name] as AttributeValue;
    }
    const { UpdateExpression, ConditionExpression, ExpressionAttributeNames } = expressions(
      shape,
      () => expressionsOf(parts, names),
    );
    return {
      TableName: tableName,
      Key: key,
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeNames,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    };
  };
}

function expressionsOf(parts: readonly Part[], known: Record<string, string>): Expressions {
  const texts = parts.map(({ text }) => text());
  const joined = (name: 'sets' | 'removes' | 'when', separator: string): string =>
    texts.flatMap((text) => text[name] ?? []).join(separator);
  const removes = joined('removes', ', ');
  const update = `SET ${joined('sets', ', ')}${removes && ` REMOVE ${removes}`}`;
  const condition = joined('when', ' AND ');
  const all: Record<string, string> = Object.assign({}, known, ...texts.map(({ names }) => names));
  const used = `${update} ${condition}`.match(/#\w+/g) ?? [];
  return {
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [name, all[name] ?? ''])),
  };
}

const ids = registerParts(attemptRegisters);

const shiftsFull = { sets: ids.shiftFull, when: `${ids.isFull} AND ${ids.isNew}` };

const shifts = { sets: ids.shift, when: ids.isNew };

/** The row remembers the change, and does not do so yet. */
export function identified(id: string, row: KnownRow | undefined): Part {
  return row?.isFull === true && row.replaced === undefined
    ? { shape: 'full', text: () => shiftsFull, values: { ':id': S(id) } }
    : { shape: 'ids', text: () => shifts, values: { ':id': S(id), ':none': S('') } };
}

/** The row is one of attempts, or there is none; never does it hold a count. */
export function isOurs(row: KnownRow | undefined): Part {
  const began = 'attribute_exists(began)';
  const ours = row?.isFull ? began : `(${began} OR attribute_not_exists(#pk))`;
  return {
    shape: row?.isFull ? 'began' : 'ours',
    text: () => ({ when: `${ours} AND attribute_not_exists(#count)` }),
  };
}

/**
 * Nothing has changed the row since it was seen. All that has expired is taken out of it, but its
 * key, the remembered ids, and what the change writes.
 */
export function isUnchanged({ newest, original, replaced }: KnownRow, kept: string[]): Part[] {
  const parts = [
    newest === undefined
      ? holds('attribute_not_exists(r0)')
      : holds('r0 = :newest', { ':newest': S(newest) }),
  ];
  if (original !== undefined) parts.push(isOriginal(original.data));
  if (replaced === undefined) return [...parts, holds('attribute_not_exists(#count)')];
  const names = expiredNames(replaced, kept).toSorted();
  const places = names.map((_, index) => `#x${index}`);
  const { expiresAt } = replaced;
  const when = expiresAt ? 'expiresAt = :expired' : 'attribute_not_exists(expiresAt)';
  const removal: Part = {
    shape: JSON.stringify([when, ...names]),
    text: () => ({
      ...(names.length > 0 && { removes: places.join(', ') }),
      when,
      names: Object.fromEntries(names.map((name, index) => [`#x${index}`, name])),
    }),
    ...(expiresAt && { values: { ':expired': expiresAt } }),
  };
  return [...parts, removal];
}

/** The row is still what the original wrote. */
export function isOriginal(data: AttributeValue): Part {
  return holds('attribute_not_exists(began) AND #data = :data', { ':data': data });
}

const dayMs = 86_400_000;

const later = { sets: 'expiresAt = :expiresAt', when: 'NOT expiresAt > :expiresAt' };

const stays = {
  sets: 'expiresAt = if_not_exists(expiresAt, :expiresAt)',
  when: 'NOT expiresAt < :until',
};

/**
 * The row stays for a day longer than what it counts can matter, so that a clock which is wrong by
 * less makes none go early, and its expiry never goes back. It is moved on by more than it must, so
 * that this happens once per window or day.
 */
export function expiry(row: KnownRow | undefined, nowMs: number, untilMs: number): Part {
  // A debt may last for longer than an expiry in seconds can say.
  const neededMs = Math.min(untilMs, nowMs + durationMsMax) + dayMs;
  const needed = Math.ceil(neededMs / 1000);
  const then = N(Math.ceil((neededMs + Math.max(dayMs, neededMs - dayMs - nowMs)) / 1000));
  return row?.expiresAt !== undefined && row.expiresAt < needed
    ? { shape: 'later', text: () => later, values: { ':expiresAt': then } }
    : { shape: 'stays', text: () => stays, values: { ':expiresAt': then, ':until': N(needed) } };
}

/** The context of the first attempt of a window; the row's, unless a window begins. */
export function contextPart(context: string | undefined, begins: boolean): Part {
  const set = begins ? ':context' : 'if_not_exists(context, :context)';
  const value = contextAttribute(context);
  return {
    shape: set,
    text: () => ({ sets: `context = ${set}` }),
    values: { ':context': value },
    ...(begins && { state: { context: value } }),
  };
}

/** What the original stored goes, or becomes what it is to see of ours. */
export function mirrored(data: AttributeValue | undefined): Part {
  return data === undefined
    ? { shape: 'nodata', text: () => ({ removes: '#data' }) }
    : { shape: 'mirror', text: () => ({ sets: '#data = :mirror' }), values: { ':mirror': data } };
}

/** Writes a state as it is to be. */
export function assigned(state: Item): Part {
  const names = Object.keys(state);
  const values: Item = {};
  for (const name of names) values[`:set_${name}`] = state[name] as AttributeValue;
  const text = (): PartText => ({ sets: names.map((name) => `${name} = :set_${name}`).join(', ') });
  return { shape: `set ${names.join(' ')}`, text, values, state };
}

/** A condition with its values. */
export function holds(when: string, values: Item = {}): Part {
  return { shape: when, text: () => ({ when }), values };
}

/** No block runs at this moment, or none that lasts longer than this. */
export function isNotBlocked(atMs: number): Part {
  return holds('NOT blockedUntil > :at', { ':at': N(atMs) });
}

/** A row that was changed. `isLatest`: nothing else has changed it since. */
export interface ChangedRow {
  readonly outcome: 'changed';
  readonly item: Item;
  readonly isLatest: boolean;
}

/** What became of a change; `left`: there was nothing to change. */
export type RowChange =
  | ChangedRow
  | { readonly outcome: 'left'; readonly row: KnownRow | undefined };

interface ChangeOptions {
  readonly signal: AbortSignal | undefined;
  /** Whether a request has just found the row that is known. */
  readonly isSeen?: boolean | undefined;
  /** Whether it goes on where there is no row: then nobody has to read whether that is so. */
  readonly startsOver?: boolean | undefined;
}

/** Two or three suffice unless the row changes its window in between. */
const roundsMax = 50;

/** No further round begins after so long. Each request has a bound of its own. */
const roundsMsMax = 30_000;

/**
 * Changes a row by what `plan` makes of it: one request where the row is as expected, and one more
 * for each change that comes in between. `plan` gets what is known of the row, and whether a
 * request has just found it; it answers `undefined` to leave the row as it is.
 */
export async function changeRow(
  build: BuildUpdate,
  call: KeyCall,
  known: KnownRow | undefined,
  plan: (row: KnownRow | undefined, isSeen: boolean) => readonly Part[] | undefined,
  { signal, isSeen = false, startsOver = false }: ChangeOptions,
): Promise<RowChange> {
  const { rows, key, displayKey, id } = call;
  const begin = rounds(rows, displayKey, signal);
  let row = known;
  for (let round = 1; ; round++) {
    const parts = plan(row, isSeen || round > 1);
    if (parts === undefined) return { outcome: 'left', row };
    await begin(round);
    const input = timed([call], (isAnew) =>
      build(key, (isAnew ? plan(row, false) : undefined) ?? parts),
    );
    const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
      isMine: (item) => remembers(item, attemptRegisters, id),
      mustExist: startsOver && row !== undefined ? undefined : key,
      signal,
    });
    if (result.outcome === 'applied') {
      return { outcome: 'changed', item: result.attributes ?? {}, isLatest: true };
    }
    if (result.outcome === 'recognised') {
      const isLatest = result.item['r0']?.S === id;
      return { outcome: 'changed', item: result.item, isLatest };
    }
    row = readRow(result.item, call);
  }
}

/** The row as a change has left it. */
export function rowAfter(call: KeyCall, change: RowChange): KnownRow | undefined {
  return change.outcome === 'changed' ? readRow(change.item, call) : change.row;
}

/**
 * Begins each round of a change. From the fourth on, others change the row all the time: after a
 * pause. Throws a `ConflictError` where there were too many, or where they take too long.
 */
export function rounds(
  rows: PartitionedHandle,
  displayKey: string,
  signal: AbortSignal | undefined,
): (round: number) => Promise<void> {
  const startMs = rows.clock.monotonic();
  return async (round) => {
    if (round <= 3) return;
    const isLate = rows.clock.monotonic() - startMs > roundsMsMax;
    if (isLate || round > roundsMax) throw new ConflictError(displayKey, round - 1);
    await pause(round - 4, { firstMs: 20, maxMs: 1_000 }, { ...rows, signal });
  };
}

/**
 * Builds a request of these calls, and builds it anew at the time that it is then: where DynamoDB
 * refused it because the machine's clock is wrong.
 */
export function timed<T>(calls: readonly KeyCall[], build: (isAnew: boolean) => T): () => T {
  let isAnew = false;
  return () => {
    if (isAnew) for (const call of calls) call.nowMs = Math.floor(call.rows.clock.now());
    const built = build(isAnew);
    isAnew = true;
    return built;
  };
}
