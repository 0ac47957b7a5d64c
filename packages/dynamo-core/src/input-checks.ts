import { InvalidInputError, show, type CallerKey } from './errors.js';
import type { Item, CallOptions } from './transport.js';
import { S, checkWellFormed, N, utf8Bytes } from './attributes.js';
import { nearest } from './nearest-option.js';
import { keysTable, type PartitionKeyMappings } from './table-definition.js';
import type { CompoundKey } from './brands.js';

/** Throws unless `value` is a whole number from `min` to `max`. */
export function checkInteger(field: string, value: number, min: number, max?: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > (max ?? value)) {
    const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidInputError(field, value, `a whole number ${range}`);
  }
}

/** Throws unless `value` is a finite number above zero. */
export function checkPositive(field: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidInputError(field, value, 'a finite number above 0');
  }
}

/** Throws unless `leaseMs` can be the duration of a lease. */
export function checkLease(leaseMs: number, max: number): void {
  checkPositive('leaseMs', leaseMs);
  if (leaseMs > max) {
    throw new InvalidInputError('leaseMs', leaseMs, `a duration of at most ${max} ms`);
  }
}

/** The most bytes of UTF-8 that DynamoDB takes in a key attribute. */
export const keyBytesMax = { partition: 2048, sort: 1024 } as const;

/**
 * Throws unless `value` can be a key attribute: a string of 1 to `bytesMax` bytes of UTF-8, without
 * halves of surrogate pairs (encoded, all of them are the same replacement character, so that
 * different keys would share a row). A key is shown in the message, `isData` is not.
 */
export function checkKeyText(
  field: string,
  value: string,
  bytesMax: number = keyBytesMax.partition,
  shown?: { readonly isData: true },
): void {
  if (typeof value !== 'string' || value === '') {
    throw new InvalidInputError(field, value, 'a string that is not empty', shown);
  }
  checkWellFormed(field, value);
  // A UTF-16 unit takes at most three bytes, so that short keys need no counting.
  const bytes = value.length * 3 > bytesMax ? utf8Bytes(value) : 0;
  if (bytes > bytesMax) {
    throw new InvalidInputError(field, value, `at most ${bytesMax} bytes, it has ${bytes}`, shown);
  }
}

/** Throws unless `value` is a function. */
export function checkFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidInputError(field, value, 'a function', isData);
}

/** Throws unless `value` is a string, without halves of surrogate pairs. */
export function checkString(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new InvalidInputError(field, value, 'a string');
  checkWellFormed(field, value);
}

/** Whether `value` is an object that has all of these methods. */
export function hasMethods(value: unknown, ...methods: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

/** Throws unless `value` is an object that has all of these methods. */
export function checkMethods(field: string, value: unknown, ...methods: readonly string[]): void {
  if (!hasMethods(value, ...methods)) {
    throw new InvalidInputError(field, value, `an object with ${methods.join('(), ')}()`);
  }
}

/** A copy of a list: what the caller changes later is not seen. Throws unless it is an array. */
export function listOf<T>(field: string, value: readonly T[]): T[] {
  if (!Array.isArray(value)) throw new InvalidInputError(field, value, 'an array', isData);
  return [...(value as readonly T[])];
}

const isData = { isData: true } as const;

/** Throws unless `value` is one of `allowed`. */
export function checkOneOf<T>(field: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidInputError(field, value, `one of ${allowed.map(show).join(', ')}`);
  }
}

/** Throws unless the value of an option is as it has to be. */
type CheckOption = (name: string, value: never) => void;

/** The check of an option that is a whole number from `min` to `max`. */
export function within(min: number, max?: number): (name: string, value: number) => void {
  return (name, value) => checkInteger(name, value, min, max);
}

/** The check of an option that is one of some words. */
export function oneOf<T>(...words: readonly T[]): (name: string, value: T) => void {
  return (name, value) => checkOneOf(name, value, words);
}

/**
 * All options of `T` by their names, with what each has to be: a function, on or off, or as a check says;
 * `true` where it is checked elsewhere. The compiler holds that none is missing and none is too many.
 * An object with a spread stays in all bundles: of names that some do not need, one is made by `Object.assign`.
 */
export type OptionNames<T> = Readonly<Record<keyof T, true | 'function' | 'boolean' | CheckOption>>;

/**
 * A copy of the options that are given, `{}` for none: what the caller changes later is not seen, and one
 * that is `undefined` takes the place of no default. Throws an `InvalidInputError` for one that is not of `names`
 * or not as those say, for a `signal` that is none, and for another thing in the place of options: a client, a signal, a table
 * of another library or a mock of one. Says what was meant where that is near.
 *
 * @example
 * ```ts
 * import { checkedOptions, within } from '@x/dynamo-core/mechanism';
 *
 * const { limit = 10 } = checkedOptions<{ limit?: number }>({ limit: 5 }, { limit: within(1, 100) });
 * ```
 */
export function checkedOptions<T extends object>(
  options: T | undefined,
  names: OptionNames<T>,
  field = 'options',
): T {
  if (options === undefined) return {} as T;
  // A mock that answers all that it is asked has no names of its own, and looks like a client.
  if (!hasMethods(options) || Array.isArray(options) || isClient(options)) {
    throw new InvalidInputError(field, options, insteadOf(options, names), isData);
  }
  const copy: Record<string, unknown> = {};
  for (const name of namesOf(options)) {
    const value = options[name as keyof T];
    if (!Object.hasOwn(names, name)) {
      if (!isRoot(prototypeOf(options)))
        throw new InvalidInputError(field, options, insteadOf(options, names), isData);
      const meant = nearest(name, Object.keys(names));
      const allowed = meant ? `given as ${meant}` : `left out (${listed(names)})`;
      throw new InvalidInputError(name, value, allowed, isData);
    }
    if (value === undefined) continue;
    const check = names[name as keyof T];
    if (check === 'function') checkFunction(name, value);
    if (check === 'boolean') checkOneOf<unknown>(name, value, [true, false]);
    if (typeof check === 'function') check(name, value as never);
    if (name === 'signal') checkMethods(name, value, 'throwIfAborted');
    copy[name] = value;
  }
  return copy as T;
}

/** The own names of an object, and those of its classes: methods and accessors. */
function namesOf(options: object): string[] {
  const names: string[] = Object.keys(options);
  let part = options;
  while (!isRoot((part = prototypeOf(part) as object))) {
    names.push(...Object.getOwnPropertyNames(part).filter((name) => name !== 'constructor'));
  }
  return names;
}

function prototypeOf(part: object): object | null {
  return Object.getPrototypeOf(part) as object | null;
}

/** What all objects come from, of this realm or another, or nothing. */
function isRoot(prototype: object | null): boolean {
  return prototype === null || prototypeOf(prototype) === null;
}

function insteadOf(value: unknown, names: object): string {
  const meant = isClient(value) ? 'dynamo' : hasMethods(value, 'throwIfAborted') ? 'signal' : '';
  if (meant in names) return `given as { ${meant} }`;
  return `an object of options (${listed(names)})`;
}

function isClient(value: unknown): boolean {
  return hasMethods(value, 'send') || hasMethods(value, 'call');
}

function listed(names: object): string {
  return `the options are ${Object.keys(names).toSorted().join(', ') || 'none'}`;
}

/** When a row expires. At most one of the two; a row without either does not expire. */
export interface ExpiryOptions {
  /** How long the row lives, in seconds from now. Above 0; rounded up to a whole second. */
  readonly ttlSeconds?: number | undefined;
  /** When the row ends, in milliseconds since 1970. Rounded up to a whole second. */
  readonly expiresAtMs?: number | undefined;
}

/** The names of `ExpiryOptions`. */
export const expiryOptionNames: OptionNames<ExpiryOptions> = {
  ttlSeconds: true,
  expiresAtMs: true,
};

/** Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. */
const secondsMax = 1e11;

/**
 * The expiry to store, in whole seconds since 1970, or `undefined` for none. Throws an
 * `InvalidInputError` for seconds passed as milliseconds: the row would have expired in 1970.
 */
export function expirySeconds(
  { ttlSeconds, expiresAtMs }: ExpiryOptions,
  clock: { now(): number },
): number | undefined {
  if (ttlSeconds !== undefined) {
    if (expiresAtMs !== undefined) {
      throw new InvalidInputError('expiresAtMs', expiresAtMs, 'left out when ttlSeconds is given');
    }
    checkPositive('ttlSeconds', ttlSeconds);
    const seconds = Math.ceil(clock.now() / 1000 + ttlSeconds);
    if (seconds < secondsMax) return seconds;
    throw new InvalidInputError('ttlSeconds', ttlSeconds, 'a time to live that ends before 5138');
  }
  if (expiresAtMs === undefined) return undefined;
  // Not by `Number()`: a `Date` is none.
  if (
    typeof expiresAtMs === 'number' &&
    expiresAtMs >= secondsMax &&
    expiresAtMs < secondsMax * 1e3
  )
    return Math.ceil(expiresAtMs / 1000);
  const allowed = 'milliseconds since 1970 as a number (of a Date: getTime())';
  throw new InvalidInputError('expiresAtMs', expiresAtMs, allowed);
}

/** The end of a row in milliseconds since 1970, of the seconds that it stores. */
export function expiryMs(expiresAtSeconds: number | undefined): number | undefined {
  return expiresAtSeconds === undefined ? undefined : expiresAtSeconds * 1000;
}

/**
 * Whether a row with this expiry has expired at the given wall time. Time to Live removes rows hours
 * late, so that an expired row which is still there counts as absent everywhere.
 */
export function isExpired(expiresAtSeconds: number | undefined, nowMs: number): boolean {
  return expiresAtSeconds !== undefined && expiresAtSeconds <= Math.floor(nowMs / 1000);
}

/** What all keys of a namespace begin with. With `''` ids are keys as they are. */
export function namespacePrefix(namespace: string): string {
  return namespace === '' ? '' : `${namespace}.`;
}

/** Checks an id and says where its row is. `keyName` is what the table calls its key. */
export function keyAddress(
  namespace: string,
  id: string,
  keyName: string = keysTable.partitionKey.name,
): BatchKey {
  checkKeyText('id', id);
  const key = `${namespacePrefix(namespace)}${id}`;
  checkKeyText('the namespace and id', key);
  return { key: { [keyName]: S(key) }, displayKey: id };
}

/** The names of `CallOptions`. */
export const callOptionNames: OptionNames<CallOptions> = { signal: true };

/** A row that a batch asks for or writes. */
export interface BatchKey {
  /** The key attributes in wire shape. */
  readonly key: Item;
  /** The key as messages show it. */
  readonly displayKey: string;
  /** The key as the caller passed it, for errors. @default displayKey */
  readonly callerKey?: CallerKey;
}

/** Where a row of a partitioned table is, with a copy of the caller's key. */
export interface PartitionedKey extends BatchKey {
  readonly callerKey: CompoundKey;
}

/** Checks the keys of a partitioned table, and says where their rows are. */
export function addressOf(mappings: PartitionKeyMappings): (key: CompoundKey) => PartitionedKey {
  return (key) => {
    if (typeof key !== 'object' || key === null) {
      throw new InvalidInputError('key', key, 'an object with partition, namespace and sort');
    }
    // Each is read once: what a getter answers is what is checked and what is sent.
    const { partition, namespace, sort } = key;
    checkKeyText('key.partition', partition);
    const sortKey = sortKeyOf({ namespace, sort }, mappings);
    return {
      key: { [mappings.partitionKeyFieldName]: S(partition), [mappings.sortKeyFieldName]: sortKey },
      displayKey: `${partition}/${sortKey?.S ?? sortKey?.N}`,
      callerKey: { partition, namespace, sort },
    };
  };
}

function sortKeyOf(
  { namespace, sort }: Pick<CompoundKey, 'namespace' | 'sort'>,
  { sortKeyFieldAWSType }: PartitionKeyMappings,
): Item[string] {
  checkString('key.namespace', namespace);
  if (sortKeyFieldAWSType === 'S') {
    checkKeyText('key.sort', sort, keyBytesMax.sort);
    const text = namespace === '' ? sort : `${namespace}.${sort}`;
    checkKeyText('the namespace and sort of the key', text, keyBytesMax.sort);
    return S(text);
  }
  if (namespace !== '') {
    throw new InvalidInputError('key.namespace', namespace, "'' where sort keys are numbers");
  }
  const number = Number(sort);
  // A number comes back in DynamoDB's own spelling, so that only that one is taken.
  if (!Number.isFinite(number) || String(number) !== String(sort) || /e/.test(String(number))) {
    const allowed = 'a number in its shortest spelling without an exponent';
    throw new InvalidInputError('key.sort', sort, allowed);
  }
  return N(number);
}

/**
 * Throws for a result that has yet to be worked off: a generator or another iterator, an async
 * iterable, a stream. Whoever acts under a lease would do the work when the lease has ended.
 */
export function checkFinished(field: string, result: unknown): void {
  if (isLazy(result)) {
    throw new InvalidInputError(
      field,
      result,
      'finished work: read it to its end, and return that',
    );
  }
}

function isLazy(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const { next, getReader, pipe } = result as Record<string, unknown>;
  if (Symbol.asyncIterator in result) return true;
  if (Symbol.iterator in result && typeof next === 'function') return true;
  return typeof getReader === 'function' || typeof pipe === 'function';
}
