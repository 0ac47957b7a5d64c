import {
  InvalidInputError,
  UnreadableRowError,
  type CompoundKey,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  changeOptionNames,
  changeValue,
  checkedOptions,
  checkFunction,
  hasMethods,
  locate,
  nodeModule,
  readEntry,
  readOptionNames,
  type ChangeOptions,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { Elements, Equality, SetKeyOf } from './options.js';
import type { TableRows } from './requests.js';

/** What `addToSet` and `removeFromSet` take. */
export type SetArguments<E> = [
  key: SetKeyOf<E>,
  data: NoInfer<Elements<E>>,
  equality?: NoInfer<Equality<E>>,
  options?: ChangeOptions,
];

/** What `removeFromSetByKey` takes. */
export type WhereArguments<E> = [
  key: SetKeyOf<E>,
  predicate: (element: NoInfer<E>) => boolean,
  options?: ChangeOptions,
];

/** What `updateInSet` takes. */
export type ReplaceArguments<E> = [
  key: SetKeyOf<E>,
  data: NoInfer<E>,
  predicate?: (element: NoInfer<E>) => boolean,
  options?: ChangeOptions,
];

/** What `existsInSet` takes. */
export type ElementArguments<E> = [
  key: SetKeyOf<E>,
  data: NoInfer<E>,
  equality?: NoInfer<Equality<E>>,
  options?: ReadOptions,
];

/** How elements are told apart. */
interface Tests<E> {
  readonly equality?: Equality<E> | undefined;
  readonly predicate?: ((element: E) => boolean) | undefined;
}

type Options = ChangeOptions & ReadOptions;

/** What a call about a set was given. */
interface GivenCall<E> extends Tests<E> {
  readonly key: SetKeyOf<E>;
  readonly elements?: readonly unknown[];
  readonly options: Options | undefined;
}

/** A call about a set: what the caller changes later is not seen. */
interface SetCall<E> extends Tests<E> {
  readonly rows: TableRows;
  readonly at: CompoundKey;
  /** Elements as they will come back: a property that is `undefined` is not stored, for one. */
  readonly elements: readonly E[];
  readonly options: Options;
}

const operations = { add, remove, removeWhere, replace, has };

/** Checks a call about a set, copies what it was given, and carries it out. */
export async function callSet<E>(
  rows: TableRows,
  operation: 'add' | 'remove' | 'removeWhere' | 'replace' | 'has',
  { key, elements, options, ...tests }: GivenCall<E>,
): Promise<boolean> {
  for (const [field, test] of Object.entries(tests)) {
    if (test !== undefined) checkFunction(field, test);
  }
  const names = operation === 'has' ? readOptionNames : changeOptionNames;
  const given = checkedOptions<Options>(options, names as OptionNames<Options>);
  const at = rows.address(key).callerKey;
  const stored = await asStored<E>(rows, at, elements);
  return operations[operation]({ rows, at, elements: stored, options: given, ...tests });
}

/** Refuses, before anything is sent, what cannot be stored. */
async function asStored<E>(
  { codec }: TableRows,
  key: CompoundKey,
  elements: readonly unknown[] | undefined,
): Promise<readonly E[]> {
  if (elements === undefined) return [];
  return (await codec.decode(await codec.encode(elements, key), key)) as readonly E[];
}

/** The elements that were given: a list of them, or one that is no list. */
export function elementsOf<E>(data: Elements<E>): readonly unknown[] {
  return Array.isArray(data) ? [...(data as readonly unknown[])] : [data];
}

/** Whether two elements have the same content, as far down as the stack of the engine goes. */
function isSame(existing: unknown, candidate: unknown): boolean {
  try {
    return nodeModule('node:util').isDeepStrictEqual(existing, candidate);
  } catch (cause) {
    const allowed = 'nested less deeply';
    throw new InvalidInputError('an element', candidate, allowed, { cause, isData: true });
  }
}

/** What a test of elements answered. A promise would be true for each of them, also one of `false`. */
function decided(answer: boolean): boolean {
  if (!hasMethods(answer, 'then')) return answer;
  throw new InvalidInputError('the answer', answer, 'true or false');
}

/** Adds elements that are not there; whether there were any. */
async function add<E>(call: SetCall<E>): Promise<boolean> {
  const { elements: candidates, equality = isSame } = call;
  if (candidates.length === 0) return false;
  return changeSet(call, (elements = []) => {
    const all = [...elements];
    for (const candidate of candidates) {
      if (!all.some((existing) => decided(equality(existing, candidate)))) all.push(candidate);
    }
    return all.length === elements.length ? undefined : all;
  });
}

/** Removes elements that are there; whether there were any. */
async function remove<E>(call: SetCall<E>): Promise<boolean> {
  const { elements: candidates, equality = isSame } = call;
  if (candidates.length === 0) return false;
  const predicate = (existing: E): boolean =>
    candidates.some((candidate) => decided(equality(existing, candidate)));
  return removeWhere({ ...call, predicate });
}

/** Removes elements that meet a predicate; whether there were any. */
function removeWhere<E>(call: SetCall<E>): Promise<boolean> {
  const { predicate = () => false } = call;
  return changeSet(call, (elements = []) => {
    const kept = elements.filter((element) => !decided(predicate(element)));
    return kept.length === elements.length ? undefined : kept;
  });
}

/** Puts one element in the place of others and of its equals; whether there is a set. */
function replace<E>(call: SetCall<E>): Promise<boolean> {
  const [element] = call.elements as readonly [E];
  const { predicate = () => false } = call;
  const stays = (existing: E): boolean =>
    !decided(predicate(existing)) && !isSame(existing, element);
  return changeSet(call, (elements) => elements && [...elements.filter(stays), element]);
}

/** Whether an element is there. */
async function has<E>(call: SetCall<E>): Promise<boolean> {
  const { rows, at, options, equality = isSame } = call;
  const [candidate] = call.elements as readonly [E];
  const elements = elementsIn<E>(at, (await readEntry(rows, at, options))?.value) ?? [];
  return elements.some((existing) => decided(equality(existing, candidate)));
}

/**
 * Changes a set by a function of its elements, which answers `undefined` to leave them. Whether it
 * had anything to change, in what it got last.
 */
async function changeSet<E>(
  { rows, at, options }: SetCall<E>,
  change: (elements: readonly E[] | undefined) => readonly E[] | undefined,
): Promise<boolean> {
  let isChanged = false;
  const changeElements = (current: unknown): unknown => {
    const elements = change(elementsIn(at, current));
    isChanged = elements !== undefined;
    return elements;
  };
  await changeValue(locate(rows, at), changeElements, options);
  return isChanged;
}

function elementsIn<E>(key: CompoundKey, value: unknown): readonly E[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new UnreadableRowError(key, 'its value is not a set (an array)');
}
