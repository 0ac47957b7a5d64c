import {
  type CallOptions,
  ConflictError,
  KeyCollisionError,
  numberOf,
  S,
  stringOf,
  UnreadableRowError,
  type DynamoInput,
  type Item,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  batchGet,
  filledIn,
  hasBoth,
  isExpired,
  isOnly,
  otherOwner,
  send,
  writeConditionally,
  type ConditionalOutcome,
} from '@x/dynamo-core/mechanism';

import {
  counterAttributes,
  idRegisters,
  type CounterTable,
  type CounterTarget,
  type Locate,
} from './counter-row.js';
import { UnsafeCountError } from './errors.js';
import { countMax, isOurs, type Count, type CountMode, type CountOf } from './requests.js';

const { count, expiresAt, namespace, kind } = counterAttributes;

/**
 * The counts of counters, each summed over its rows: a single one by GetItem,
 * those of a list, and sums, by BatchGetItem. Nothing is read of what rows remember.
 */
export async function readCounts<M extends CountMode>(
  table: CounterTable,
  mode: M,
  counters: readonly (readonly Locate[])[],
  { consistent = false, signal }: ReadOptions,
  isBatch: boolean,
): Promise<(CountOf<M> | undefined)[]> {
  const [single] = counters.flat();
  let items: readonly (Item | undefined)[];
  if (single !== undefined && !isBatch) {
    const input = (): DynamoInput<'GetItem'> =>
      rowRequest(single(), {
        ConsistentRead: consistent,
        ProjectionExpression: '#count, #expiresAt, ns, kind',
      });
    items = [(await send(table.transport, 'GetItem', input, { signal })).Item];
  } else {
    const attributes = [count, expiresAt, namespace, kind];
    const keys = counters.flat().map((locate) => locate());
    items = await batchGet(keys, { ...table, attributes, consistent, signal });
  }
  const nowMs = table.clock.now();
  let next = 0;
  return counters.map((rows) => {
    const targets = rows.map((locate) => locate());
    const counts = targets.map((target) => liveCount(items[next++], target, nowMs));
    const count = sum(counts);
    return count === undefined ? undefined : giveCount(mode, targets[0]?.displayKey ?? '', count);
  });
}

/**
 * A count in the type of the mode. Throws an `UnsafeCountError` for one that would be rounded, and
 * an `UnreadableRowError` for a fraction as a bigint.
 */
export function giveCount<M extends CountMode>(mode: M, key: string, found: Count): CountOf<M> {
  if (mode === 'bigint') {
    if (typeof found === 'bigint') return found as CountOf<M>;
    const reason = `its count ${found} is a fraction: read it with a counter of mode "number"`;
    throw new UnreadableRowError(key, reason);
  }
  if (found > countMax.number || found < -countMax.number) {
    throw new UnsafeCountError(key, BigInt(found));
  }
  return Number(found) as CountOf<M>;
}

/**
 * The count in a row, whoever it belongs to; `undefined` where there is none. Throws an
 * `UnreadableRowError` for an attribute that is no number.
 */
export function countIn(item: Item | undefined, displayKey: string): Count | undefined {
  const attribute = item?.[count];
  if (attribute === undefined) return undefined;
  const { N: digits = '' } = attribute;
  if (!/\d/.test(digits)) throw new UnreadableRowError(displayKey, 'its count is no number');
  // Engines keep the places of a fraction that has been added and taken away: `8.0`.
  const whole = /^(-?\d+)(\.0*)?$/.exec(digits)?.[1];
  return whole ? BigInt(whole) : Number(digits);
}

/** The sum of the counts that there are; `undefined` where there is none. */
function sum(counts: readonly (Count | undefined)[]): Count | undefined {
  const [first, ...more] = counts.filter((count) => count !== undefined);
  return more.reduce<Count | undefined>(
    (sum, count) =>
      typeof sum === 'bigint' && typeof count === 'bigint'
        ? sum + count
        : Number(sum) + Number(count),
    first,
  );
}

/** The count in a row of this namespace that has not expired. */
export function liveCount(
  item: Item | undefined,
  at: CounterTarget,
  nowMs: number,
): Count | undefined {
  const isOthers = otherOwner(item, at.table.owner) !== undefined;
  if (isOthers || isExpired(numberOf(item, expiresAt), nowMs)) return undefined;
  checkKind(item, at);
  return countIn(item, at.displayKey);
}

/** Throws where a caller's id is the key of a window or the other way round: `@` may be in ids. */
export function checkKind(item: Item | undefined, at: CounterTarget): void {
  const actual = stringOf(item, kind);
  if (item?.[count] === undefined || actual === at.kind) return;
  const what = actual === undefined ? 'a counter of its own' : `a ${actual} of another counter`;
  throw new KeyCollisionError(at.displayKey, `it is the row of ${what}`);
}

const attemptsMax = 12;

/**
 * Takes a counter away: with its row where nothing else is there, else out of the row. Others may
 * write or delete the value of the row in between; further attempts are for that.
 */
export async function deleteCount(locate: Locate, { signal }: CallOptions): Promise<void> {
  const target = locate();
  const { key, displayKey, table } = target;
  const { transport, clock, dataName } = table;
  const options = { mustExist: key, signal };
  let isShared = false;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const answer: ConditionalOutcome = isShared
      ? await writeConditionally(transport, 'UpdateItem', removeCounter(target), options)
      : await writeConditionally(transport, 'DeleteItem', () => deleteCounter(locate()), options);
    if (answer.outcome === 'applied' || liveCount(answer.item, target, clock.now()) === undefined)
      return;
    isShared = answer.item?.[dataName] !== undefined;
  }
  throw new ConflictError(displayKey, attemptsMax);
}

/** A request about the row of a counter, with what its placeholders stand for. */
export function rowRequest<R extends object>(
  at: CounterTarget,
  request: R,
  values: Item = {},
  dropped?: Readonly<Record<string, string>>,
): R & AboutRow {
  const { table, key, kind } = at;
  return filledIn(
    { TableName: table.tableName, Key: key, ...request },
    { ...namesOf(at), ...dropped },
    { ...values, ':ns': S(table.owner?.value ?? ''), ':kind': S(kind ?? '') },
  );
}

type AboutRow = Pick<
  DynamoInput<'DeleteItem'>,
  'TableName' | 'Key' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** What the attributes in the row of a counter are called. */
export function namesOf({ table, key }: CounterTarget): Record<string, string> {
  return {
    '#count': counterAttributes.count,
    '#expiresAt': counterAttributes.expiresAt,
    '#data': table.dataName,
    '#key': Object.keys(key)[0] ?? '',
    '#newest': idRegisters[0] ?? '',
  };
}

/** Deletes a row that holds nothing but a counter. That there is no row is right, too. */
export function deleteCounter(at: CounterTarget): DynamoInput<'DeleteItem'> {
  const isAlone = `(${isOnly('count')} AND ${isOurs(at)})`;
  return rowRequest(at, { ConditionExpression: `attribute_not_exists(#key) OR ${isAlone}` });
}

/** Takes the counter out of a row that holds a value too. Makes no row where there is none. */
export function removeCounter(at: CounterTarget): DynamoInput<'UpdateItem'> {
  return rowRequest(at, {
    UpdateExpression: `REMOVE #count, whole, ${idRegisters.join(', ')}`,
    ConditionExpression: `${hasBoth} AND ${isOurs(at)}`,
  });
}
