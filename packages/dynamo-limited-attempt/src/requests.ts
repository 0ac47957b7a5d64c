import {
  type AttributeValue,
  type DynamoInput,
  type Item,
  N,
  numberOf,
  S,
  stringOf,
} from '@x/dynamo-core';
import {
  isExpired,
  onFirstUse,
  registerParts,
  type OnFirstUse,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  type KeyCall,
  type KnownRow,
  type Part,
  withoutData,
} from './attempt-row.js';
import { isIdle, named, stateOf, suffixed, type ResolvedLimit } from './limits.js';
import { durationMsMax } from './options.js';
import type * as rareRows from './rare-rows.js';

/** What few rows need. */
export const rarely: OnFirstUse<typeof rareRows> = /* @__PURE__ */ onFirstUse(
  () => import('./rare-rows.js'),
);

const lastRegister = attemptRegisters.at(-1) as string;

/**
 * Reads a row. What has expired is absent. Throws a `KeyCollisionError` for a row that holds a count
 * or a claim, and an `UnreadableRowError` for one with another value in it.
 */
export async function readRow(
  item: Item | undefined,
  call: KeyCall,
): Promise<KnownRow | undefined> {
  if (item === undefined) return undefined;
  const row = rowWith(item);
  const { began, count, lease } = item;
  if (began && !count && !lease && !isExpired(row.expiresAt, call.nowMs)) return row;
  const { readForeign } = await rarely();
  return { ...row, ...readForeign(item, call) };
}

/** A row of ours. */
export function rowWith(item: Item, isFull: boolean = item[lastRegister] !== undefined): KnownRow {
  return { item, newest: stringOf(item, 'r0'), isFull, expiresAt: numberOf(item, 'expiresAt') };
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

/**
 * Begins each round of a change. From the fourth on, others change the row all the time: after a
 * pause. Throws a `ConflictError` where there were too many, or where they take too long.
 */
export function rounds(
  rows: PartitionedHandle,
  displayKey: string,
  signal: AbortSignal | undefined,
): (round: number) => Promise<void> {
  const startedMs = rows.clock.monotonic();
  return async (round) => {
    if (round > 3)
      await (await rarely()).awaitRound(round, { rows, displayKey, startedMs, signal });
  };
}

/** An update, put together: one UpdateItem that answers with the whole row. */
export type BuildUpdate = (key: Item, parts: readonly Part[]) => DynamoInput<'UpdateItem'>;

/** A builder of updates for a table. */
export function updateBuilder({ tableName, mappings }: PartitionedHandle): BuildUpdate {
  const known: Readonly<Record<string, string>> = {
    ...ids.names,
    '#pk': mappings.partitionKeyFieldName,
    '#count': 'count',
    '#data': mappings.dataFieldName,
  };
  return (key, parts) => {
    const sets: string[] = [];
    const removes: string[] = [];
    const conditions: string[] = [];
    const names: Record<string, string> = {};
    const values: Item = {};
    for (const part of parts) {
      if (part.sets) sets.push(part.sets);
      if (part.removes) removes.push(part.removes);
      if (part.condition) conditions.push(part.condition);
      Object.assign(names, part.names);
      Object.assign(values, part.values);
    }
    const removed = removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : '';
    const update = `SET ${sets.join(', ')}${removed}`;
    const condition = conditions.join(' AND ');
    for (const name in known) {
      if (update.includes(name) || condition.includes(name)) names[name] = known[name] as string;
    }
    return {
      TableName: tableName,
      Key: key,
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    };
  };
}

const ids = registerParts(attemptRegisters);

/** The same, shorter, in a row whose registers are all in use: it takes no `:none`. */
const shiftFull = ids.shift.replaceAll(/if_not_exists\((\S+), :none\)/g, '$1');
const isNewInFull = `attribute_exists(${lastRegister}) AND ${ids.isNew}`;

/** The row remembers the change, and does not do so yet. */
export function identified(id: string, row: KnownRow | undefined): Part {
  return row?.isFull === true && row.replaced === undefined
    ? { sets: shiftFull, condition: isNewInFull, values: { ':id': S(id) } }
    : { sets: ids.shift, condition: ids.isNew, values: { ':id': S(id), ':none': S('') } };
}

/** A condition with its values. */
export function holds(condition: string, values?: Item): Part {
  return values ? { condition, values } : { condition };
}

const began = 'attribute_exists(began)';

/** The row is one of attempts, or there is none; never does it hold a count. */
export const isOurs: Part = holds(
  `(${began} OR attribute_not_exists(#pk)) AND attribute_not_exists(#count)`,
);

const isOursAndFull = holds(`${began} AND attribute_not_exists(#count)`);

/** Nothing has changed the row since it was seen. */
function isUnchanged({ newest, original, replaced }: KnownRow, kept: string[]): readonly Part[] {
  return [
    newest === undefined
      ? holds('attribute_not_exists(r0)')
      : holds('r0 = :newest', { ':newest': S(newest) }),
    ...(original === undefined ? [] : [isOriginal(original.data)]),
    replaced?.(kept) ?? holds('attribute_not_exists(#count)'),
  ];
}

/** The row is still what the original wrote. */
export function isOriginal(data: AttributeValue): Part {
  return holds('attribute_not_exists(began) AND #data = :data', { ':data': data });
}

/** No block runs at this moment, or none that lasts longer than this. */
export function isNotBlocked(atMs: number): Part {
  return holds('NOT blockedUntil > :at', { ':at': N(atMs) });
}

/** Writes a state as it is to be. */
export function assigned(state: Item): Part {
  const names = Object.keys(state);
  const values: Item = {};
  for (const name of names) values[`:set_${name}`] = state[name] as AttributeValue;
  return { sets: names.map((name) => `${name} = :set_${name}`).join(', '), values, state };
}

/** The context of the first attempt of a window; the row's, unless a window begins. */
export function contextPart(value: AttributeValue, begins: boolean): Part {
  const set = begins ? ':context' : 'if_not_exists(context, :context)';
  return {
    sets: `context = ${set}`,
    values: { ':context': value },
    ...(begins && { state: { context: value } }),
  };
}

const dayMs = 86_400_000;

/**
 * The row stays for a day longer than what it counts can matter, so that a clock which is wrong by
 * less makes none go early, and its expiry never goes back. It is moved on by more than it must, so
 * that this happens once per window or day.
 */
function expiry(row: KnownRow | undefined, nowMs: number, untilMs: number): Part {
  // A debt may last for longer than an expiry in seconds can say.
  const neededMs = Math.min(untilMs, nowMs + durationMsMax) + dayMs;
  const needed = Math.ceil(neededMs / 1000);
  const then = N(Math.ceil((neededMs + Math.max(dayMs, neededMs - dayMs - nowMs)) / 1000));
  return row?.expiresAt !== undefined && row.expiresAt < needed
    ? {
        sets: 'expiresAt = :expiresAt',
        condition: 'NOT expiresAt > :expiresAt',
        values: { ':expiresAt': then },
      }
    : {
        sets: 'expiresAt = if_not_exists(expiresAt, :expiresAt)',
        condition: 'NOT expiresAt < :until',
        values: { ':expiresAt': then, ':until': N(needed) },
      };
}

/**
 * The update that counts an attempt, within its limits only or also past them. It is right also where
 * the row has changed since it was seen: then its condition fails.
 */
export function countParts(
  call: KeyCall,
  row: KnownRow | undefined,
  bound: 'within' | 'past',
): readonly Part[] {
  const counts = call.counting.map((limit) => countOne(call, row, limit, bound));
  const parts: Part[] = counts.map(({ part }) => part);
  const begins = counts.every((one) => one.begins);
  const hasState = counts.some((one) => one.hasState);
  const isPinned = row?.replaced !== undefined || counts.some((one) => one.isPinned);
  const untilMs = Math.max(...counts.map((one) => one.untilMs));
  const original = row?.original;
  const context = original && !begins ? row?.item['context'] : undefined;
  const sets = begins || original !== undefined;
  // A full row in which this process saw attempts has a context.
  if (sets || !(row?.isFull && hasState)) parts.push(contextPart(context ?? call.context, sets));
  if (original && !begins) parts.push(original.mirrored(call.cost));
  else if (begins && row?.replaced === undefined) parts.push(withoutData);
  // A block of a row that has expired goes with it.
  if (bound === 'within' && row?.replaced === undefined) parts.push(isNotBlocked(call.nowMs));
  return change(call, row, parts, untilMs, isPinned);
}

/** How one limit counts: in place, or by a state that is right only for the row that was seen. */
function countOne(
  call: KeyCall,
  row: KnownRow | undefined,
  limit: ResolvedLimit,
  bound: 'within' | 'past',
) {
  const { algorithm, names, suffix } = limit;
  const state = stateOf(row?.item, limit);
  const hasState = state !== undefined;
  const hasEnded = hasState && isIdle(state, limit, call);
  // What another algorithm left under one of its names is only replaced by a whole state.
  const isMixed =
    !hasState && names.some((name) => name !== `began${suffix}` && row?.item[name] !== undefined);
  const isForeign = row?.original !== undefined || row?.replaced !== undefined;
  const step =
    hasEnded || isMixed || isForeign ? undefined : algorithm.step(state, limit, call, bound);
  if (step !== undefined) {
    const part = named(step, algorithm.attributes, suffix);
    return { part, untilMs: step.untilMs, begins: false, hasState, isPinned: false };
  }
  const next = algorithm.take(state, limit, call);
  const untilMs = algorithm.standing(next, limit, call).resetAtMs;
  const begins = row !== undefined && (!hasState || hasEnded);
  return { part: assigned(suffixed(next, suffix)), untilMs, begins, hasState, isPinned: true };
}

const mark: Part = { sets: 'began = if_not_exists(began, :id)' };

/** A change of a row of ours, or of none; `isPinned`: right only for the row that was seen. */
export function change(
  call: KeyCall,
  row: KnownRow | undefined,
  parts: readonly Part[],
  untilMs: number,
  isPinned: boolean,
): readonly Part[] {
  const change = [...parts, expiry(row, call.nowMs, untilMs)];
  // It tells a row of ours, also where the first limit keeps none, as it does not count.
  if (!call.counting.some(({ names }) => names.includes('began'))) {
    change.push(row?.replaced === undefined ? mark : assigned({ began: S(call.id) }));
  }
  if (row !== undefined && isPinned) {
    const written = change.flatMap(({ state }) => Object.keys(state ?? {}));
    const { md5 } = call.rows.mappings;
    change.push(...isUnchanged(row, [...Object.keys(call.key), 'expiresAt', md5, ...written]));
  } else {
    change.push(row?.isFull ? isOursAndFull : isOurs);
    // Where nothing was seen, a state written anew is right only where there is no row.
    if (isPinned) change.push(holds('attribute_not_exists(r0)'));
  }
  change.push(identified(call.id, row));
  return change;
}
