import {
  N,
  S,
  type Condition,
  type DynamoInput,
  type Item,
  InvalidInputError,
} from '@x/dynamo-core';
import {
  all,
  hasRoom,
  registerParts,
  registerValues,
  type TokenId,
} from '@x/dynamo-core/mechanism';

import {
  counterAttributes,
  idRegisters,
  type CounterTarget,
  type Expressions,
} from './counter-row.js';

/** Counts that may be changed. */
export interface CountRange {
  /** From where to where, both included; `undefined` where there must be no counter. */
  readonly counts: { readonly min: bigint; readonly max: bigint } | undefined;
  /** Whether there may be no counter. */
  readonly orNone: boolean;
}

/** This count and no other. */
export function exactly(count: bigint): CountRange {
  return { counts: { min: count, max: count }, orNone: false };
}

/** What a row remembers a change by. */
export interface ChangeId extends TokenId {
  /** How the row is asked whether it does, where that is by a token. */
  readonly isNew?: Condition;
}

/** A change of a count. */
export interface CounterChange {
  /** Whether `amount` is added to the count or becomes the count. */
  readonly verb: 'add' | 'set';
  readonly amount: bigint;
  /** The counts that may be changed; left out, any. */
  readonly from?: CountRange | undefined;
  /** What the row remembers the change by; `undefined` for a change that is not remembered. */
  readonly id: ChangeId | undefined;
  /** Whether its expiry replaces the one that the row has. */
  readonly renews: boolean;
  /**
   * Whether the count must be whole, as a bigint is: the original may have added a fraction. A row
   * keeps, as `whole`, the count as counters left it, and is added to only where that is the count.
   */
  readonly isWhole?: boolean | undefined;
}

/** A change with the times of one request, which is built anew for each try. */
export interface TimedChange extends CounterChange {
  readonly nowMs: number;
  /** When the counter expires, in whole seconds since 1970; `undefined` leaves that as it is. */
  readonly expiresAt: number | undefined;
}

/**
 * Changes a count that is alive or does not exist, unless the row remembers the change or belongs
 * to something else: a row that expires holds one thing. The new count comes back.
 */
export function changeCount(at: CounterTarget, change: TimedChange): DynamoInput<'UpdateItem'> {
  const counts = change.from?.counts;
  const values = Object.assign(valuesOf(at, change), { ':now': seconds(change.nowMs) });
  if (counts) Object.assign(values, { ':min': N(counts.min), ':max': N(counts.max) });
  const shape = shapeOf(at, change);
  const expressions = at.table.expressions(shape, () => changeExpressions(at, change));
  // By hand, as everywhere here: a spread takes longer than all the rest.
  return {
    TableName: at.table.tableName,
    Key: at.key,
    UpdateExpression: expressions.UpdateExpression,
    ConditionExpression: expressions.ConditionExpression,
    ExpressionAttributeNames: expressions.ExpressionAttributeNames,
    ExpressionAttributeValues: values,
    ReturnValues: 'UPDATED_NEW',
  };
}

/** All that the expressions of a change depend on, within one store. */
function shapeOf({ kind }: CounterTarget, change: TimedChange): string {
  const { verb, renews, isWhole, expiresAt, from } = change;
  const brings = expiresAt !== undefined;
  return [verb, renews, brings, kind, isNew(change), isWhole, inRange(from)].join();
}

function changeExpressions(at: CounterTarget, change: TimedChange): Expressions {
  const brings = change.expiresAt !== undefined;
  const add = change.verb === 'add' && 'ADD #count :amount, whole :amount';
  return {
    UpdateExpression: join(' ', made(at, change), add),
    ConditionExpression: all(
      isNew(change),
      isOurs(at),
      hasRoom('count', brings),
      'NOT #expiresAt <= :now',
      at.kind === 'window' && `NOT #expiresAt ${change.renews ? '>' : '<'} :expiresAt`,
      change.isWhole && change.verb === 'add' && '(attribute_not_exists(#count) OR #count = whole)',
      inRange(change.from),
    ),
    ExpressionAttributeNames: {
      '#count': counterAttributes.count,
      '#expiresAt': counterAttributes.expiresAt,
      ...(change.id && memory.names),
      ...(brings && { '#data': at.table.dataName }),
    },
  };
}

const memory = /* @__PURE__ */ registerParts(idRegisters);

/** What a change sets: all of it for a count that is set, all but the count for one that is added to. */
export function made(
  { table: { owner }, kind }: CounterTarget,
  { verb, id, renews, expiresAt }: TimedChange,
): string {
  const expiry = renews ? ':expiresAt' : 'if_not_exists(#expiresAt, :expiresAt)';
  const sets = join(
    ', ',
    verb === 'set' && '#count = :amount, whole = :amount',
    id && memory.shift,
    owner && `${owner.name} = :ns`,
    kind && 'kind = :kind',
    expiresAt !== undefined && `#expiresAt = ${expiry}`,
  );
  return sets && `SET ${sets}`;
}

/** The row is of this namespace, and for this purpose. */
export function isOurs({ table: { owner }, kind }: CounterTarget): string {
  return all(
    owner && `(attribute_not_exists(${owner.name}) OR ${owner.name} = :ns)`,
    kind ? '(attribute_not_exists(#count) OR kind = :kind)' : 'attribute_not_exists(kind)',
  );
}

function inRange(from: CountRange | undefined): string | undefined {
  if (from === undefined) return undefined;
  const isNone = 'attribute_not_exists(#count)';
  const isWithin = '#count BETWEEN :min AND :max';
  if (from.counts === undefined) return isNone;
  return from.orNone ? `(${isNone} OR ${isWithin})` : isWithin;
}

export function isNew({ id }: CounterChange): string | undefined {
  return id && (id.isNew?.expression ?? memory.isNew);
}

export function valuesOf(
  { table: { owner }, kind }: CounterTarget,
  { amount, id, expiresAt }: TimedChange,
): Item {
  // By hand: spreads take longer than all the rest.
  const values: Item = { ':amount': N(amount) };
  if (id) Object.assign(values, registerValues(id.entry), id.isNew?.values);
  if (owner) values[':ns'] = S(owner.value);
  if (kind) values[':kind'] = S(kind);
  if (expiresAt !== undefined) values[':expiresAt'] = N(expiresAt);
  return values;
}

/** A moment as DynamoDB stores it. */
export function seconds(nowMs: number): Item[string] {
  return N(Math.floor(nowMs / 1000));
}

/** The parts that apply, as one text. */
export function join(separator: string, ...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(separator);
}

/** What counts are in JavaScript: numbers to 2^53 - 1, or bigints of up to 38 digits. */
export type CountMode = 'number' | 'bigint';

/** The type of a count in each mode. */
export type CountOf<M extends CountMode> = M extends 'bigint' ? bigint : number;

/** A count as it is stored: exact, or a number where it is a fraction, which the original allows. */
export type Count = bigint | number;

/** The largest count of each mode; the smallest one is its negative. */
export const countMax: Readonly<Record<CountMode, bigint>> = {
  number: BigInt(Number.MAX_SAFE_INTEGER),
  // DynamoDB keeps 38 significant digits.
  bigint: 10n ** 38n - 1n,
};

/** Checks what a caller passes as a count and makes it exact for computing. */
export function takeCount(mode: CountMode, field: string, value: number | bigint): bigint {
  if (mode === 'number' ? !Number.isSafeInteger(value) : !isBigCount(value)) {
    const allowed =
      mode === 'number'
        ? 'a whole number of at most 2^53 - 1 (mode "bigint" counts further)'
        : 'a bigint of at most 38 digits';
    throw new InvalidInputError(field, value, allowed);
  }
  return BigInt(value);
}

function isBigCount(value: unknown): boolean {
  return typeof value === 'bigint' && value <= countMax.bigint && value >= -countMax.bigint;
}

/** What a count must stay within, both included. */
export interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

/** The bounds of the caller, or those of the mode. */
export function boundsOf<M extends CountMode>(
  mode: M,
  options: { readonly min?: CountOf<M> | undefined; readonly max?: CountOf<M> | undefined },
): Bounds {
  const limit: bigint = countMax[mode];
  const min = options.min === undefined ? -limit : takeCount(mode, 'min', options.min);
  const max = options.max === undefined ? limit : takeCount(mode, 'max', options.max);
  if (min > max) throw new InvalidInputError('min', options.min, `at most max, which is ${max}`);
  return { min, max };
}

/** The counts from which each of these sums leads to one within the bounds. No counter is at 0. */
export function startsFrom(sums: readonly bigint[], { min, max }: Bounds): CountRange {
  const lowest = sums.reduce((a, b) => (b < a ? b : a));
  const highest = sums.reduce((a, b) => (b > a ? b : a));
  const counts = { min: withinDigits(min - lowest), max: withinDigits(max - highest) };
  return { counts, orNone: counts.min <= 0n && counts.max >= 0n };
}

/**
 * A bound that DynamoDB can compare with: it keeps 38 significant digits. No count reaches 10^38,
 * so that nothing is let through.
 */
function withinDigits(bound: bigint): bigint {
  const beyond = countMax.bigint + 1n;
  return bound > beyond ? beyond : bound < -beyond ? -beyond : bound;
}
