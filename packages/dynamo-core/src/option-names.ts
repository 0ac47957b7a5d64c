import { InvalidInputError } from './errors.js';

/** The names of all options of `T`: the compiler holds that none is missing and none is too many. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/** What callers pass by habit, from the original or from peers, and what it is called here. */
const otherWords: Readonly<Record<string, string>> = {
  abortSignal: 'signal',
  client: 'dynamo',
  expiresAfterMs: 'ttlSeconds',
  table: 'tableName',
  timeoutSeconds: 'leaseMs',
  timeProvider: 'clock',
};

/**
 * A copy of the options, `{}` for none: what the caller changes later is not seen. Throws an `InvalidInputError` for one that is not of `names`,
 * and for another thing in the place of options: a client, a signal, a table of another library or a
 * mock of one. Says what was meant where that is near.
 *
 * @example
 * ```ts
 * import { checkedOptions } from '@x/dynamo-core/mechanism';
 *
 * const { limit = 10 } = checkedOptions<{ limit?: number }>({ limit: 5 }, { limit: true });
 * ```
 */
export function checkedOptions<T extends object>(
  options: T | undefined,
  names: OptionNames<T>,
  field = 'options',
): T {
  if (options === undefined) return {} as T;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidInputError(field, options, insteadOf(options, names), { isData: true });
  }
  const copy: Record<string, unknown> = {};
  for (const name of namesOf(options)) {
    if (Object.hasOwn(names, name)) {
      copy[name] = (options as Record<string, unknown>)[name];
      continue;
    }
    if (!isRoot(prototypeOf(options)) || isClient(options)) {
      throw new InvalidInputError(field, options, insteadOf(options, names));
    }
    const value = (options as Record<string, unknown>)[name];
    const meant = nearest(name, Object.keys(names));
    const allowed = meant === undefined ? `left out (${listed(names)})` : `given as ${meant}`;
    throw new InvalidInputError(name, value, allowed, { isData: true });
  }
  return copy as T;
}

/** The own names of an object, and those of its classes: methods and accessors. */
function namesOf(options: object): string[] {
  const names = Object.keys(options);
  for (let part = prototypeOf(options); !isRoot(part); part = prototypeOf(part as object)) {
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
  if (isClient(value) && 'dynamo' in names) return 'given as { dynamo }';
  if (value instanceof AbortSignal && 'signal' in names) return 'given as { signal }';
  return `an object of options (${listed(names)})`;
}

function isClient(value: unknown): boolean {
  const { send, call } = (value ?? {}) as Record<string, unknown>;
  return typeof send === 'function' || typeof call === 'function';
}

function listed(names: object): string {
  const all = Object.keys(names);
  return all.length === 0 ? 'there are no options' : `the options are ${all.toSorted().join(', ')}`;
}

/** The option that a name stands for, or that it misspells: one begins the other, or a part differs. */
function nearest(name: string, all: readonly string[]): string | undefined {
  const word = otherWords[name];
  if (word !== undefined && all.includes(word)) return word;
  const typed = name.toLowerCase();
  return all.find((option) => {
    const right = option.toLowerCase();
    return right.startsWith(typed) || typed.startsWith(right) || differsBriefly(typed, right);
  });
}

/** Whether two words are alike but for two letters in a row. */
function differsBriefly(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < one.length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return Math.max(one.length, other.length) - start - end <= 2;
}
