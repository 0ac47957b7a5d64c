import { N, S, type AttributeValue, type DynamoInput, type Item } from '@x/dynamo-core';
import { expiredNames, registerParts, type PartitionedHandle } from '@x/dynamo-core/mechanism';

import { attemptRegisters, contextAttribute, type SeenRow } from './attempt-row.js';
import type { Part } from './update-builder.js';

const ids = registerParts(attemptRegisters);

/** The row remembers the change, and does not do so yet. */
export function identified(id: string, row: SeenRow | undefined): Part {
  return row?.isFull === true && row.replaced === undefined
    ? {
        shape: 'full',
        text: () => ({ sets: [ids.shiftFull], conditions: [ids.isFull, ids.isNew] }),
        values: { ':id': S(id) },
        needsRow: true,
      }
    : {
        shape: 'ids',
        text: () => ({ sets: [ids.shift], conditions: [ids.isNew] }),
        values: { ':id': S(id), ':none': S('') },
      };
}

/** The row is one of attempts, or there is none; never does it hold a count. */
export function isOurs(row?: SeenRow): Part {
  const began = 'attribute_exists(began)';
  const ours = row?.isFull ? began : `(${began} OR attribute_not_exists(#pk))`;
  return {
    shape: `ours ${row?.isFull}`,
    text: () => ({ conditions: [ours, 'attribute_not_exists(#count)'] }),
  };
}

/**
 * Nothing has changed the row since it was seen. All that has expired is taken out of it, but its
 * key, the remembered ids, and the names that the change sets.
 */
export function isUnchanged(row: SeenRow, kept: readonly string[]): Part[] {
  const { newest, original, replaced } = row;
  const parts =
    newest === undefined
      ? [holds('attribute_not_exists(r0)')]
      : [{ ...holds('r0 = :newest', { ':newest': S(newest) }), needsRow: true as const }];
  if (original !== undefined) parts.push(isOriginal(original.data));
  if (replaced === undefined) parts.push(holds('attribute_not_exists(#count)'));
  else parts.push(isReplaced(replaced, kept));
  return parts;
}

function isReplaced(replaced: Item, kept: readonly string[]): Part {
  const names = expiredNames(replaced, kept).toSorted();
  const places = names.map((_, index) => `#x${index}`);
  const { expiresAt } = replaced;
  return {
    shape: `replaced ${JSON.stringify(names)} ${expiresAt === undefined}`,
    text: () => ({
      removes: places,
      conditions: [expiresAt ? 'expiresAt = :expired' : 'attribute_not_exists(expiresAt)'],
      names: Object.fromEntries(places.map((place, index) => [place, names[index] ?? ''])),
    }),
    ...(expiresAt && { values: { ':expired': expiresAt } }),
  };
}

/** The row is still what the original wrote. */
export function isOriginal(data: AttributeValue): Part {
  return {
    shape: 'original',
    text: () => ({ conditions: ['attribute_not_exists(began)', '#data = :data'] }),
    values: { ':data': data },
  };
}

const dayMs = 86_400_000;

/**
 * The row stays for a day longer than what it counts can matter, so that a clock which is wrong by
 * less makes none go early, and its expiry never goes back. It is moved on by more than it must, so
 * that this happens once per window or day.
 */
export function expiry(row: SeenRow | undefined, nowMs: number, untilMs: number): Part {
  const neededMs = untilMs + dayMs;
  const needed = Math.ceil(neededMs / 1000);
  const then = N(Math.ceil((neededMs + Math.max(dayMs, untilMs - nowMs)) / 1000));
  if (row?.expiresAt !== undefined && row.expiresAt < needed) {
    return {
      shape: 'later',
      text: () => ({
        sets: ['expiresAt = :expiresAt'],
        conditions: ['NOT expiresAt > :expiresAt'],
      }),
      values: { ':expiresAt': then },
    };
  }
  return {
    shape: 'stays',
    text: () => ({
      sets: ['expiresAt = if_not_exists(expiresAt, :expiresAt)'],
      conditions: ['NOT expiresAt < :until'],
    }),
    values: { ':expiresAt': then, ':until': N(needed) },
  };
}

/** The context of the first attempt of a window; the row's, unless a window begins. */
export function contextPart(context: string | undefined, begins: boolean): Part {
  const set = begins ? ':context' : 'if_not_exists(context, :context)';
  return {
    shape: `context ${begins}`,
    text: () => ({ sets: [`context = ${set}`] }),
    values: { ':context': contextAttribute(context) },
  };
}

/** What the original stored goes, or becomes what it is to see of ours. */
export function mirrored(data: AttributeValue | undefined): Part {
  return data === undefined
    ? { shape: 'nodata', text: () => ({ removes: ['#data'] }) }
    : { shape: 'mirror', text: () => ({ sets: ['#data = :mirror'] }), values: { ':mirror': data } };
}

/** Writes a state as it is to be. */
export function assigned(state: Item): Part {
  const names = Object.keys(state);
  const values: Item = {};
  for (const name of names) values[`:set_${name}`] = state[name] as AttributeValue;
  return {
    shape: `set ${names.join(' ')}`,
    text: () => ({ sets: names.map((name) => `${name} = :set_${name}`) }),
    values,
  };
}

/** A condition with its values. */
export function holds(condition: string, values: Item = {}): Part {
  return { shape: condition, text: () => ({ conditions: [condition] }), values };
}

/** No block runs at this moment, or none that lasts longer than this. */
export function isNotBlocked(atMs: number): Part {
  return {
    shape: 'unblocked',
    text: () => ({ conditions: ['NOT blockedUntil > :at'] }),
    values: { ':at': N(atMs) },
  };
}

/** Deletes the row; where ids are given, only while it has one of the windows that they began. */
export function deleteRow(
  { tableName }: PartitionedHandle,
  key: Item,
  began?: Readonly<Record<string, string>>,
): DynamoInput<'DeleteItem'> {
  const windows = Object.keys(began ?? {});
  const isOwn = windows.map((name) => `contains(${name}, :${name})`).join(' OR ');
  const free = '(attribute_exists(began) OR attribute_not_exists(lease))';
  return {
    TableName: tableName,
    Key: key,
    ConditionExpression: isOwn || `attribute_not_exists(#count) AND ${free}`,
    ...(isOwn
      ? {
          ExpressionAttributeValues: Object.fromEntries(
            windows.map((name) => [`:${name}`, S(began?.[name] ?? '')]),
          ),
        }
      : { ExpressionAttributeNames: { '#count': 'count' } }),
  };
}
