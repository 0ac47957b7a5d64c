import {
  InvalidInputError,
  UnreadableRowError,
  type CompoundKey,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  changeOptionNames,
  checkedOptions,
  checkFunction,
  hasMethods,
  changeValue,
  locate,
  nodeModule,
  readEntry,
  readOptionNames,
  type ChangeOptions,
} from '@x/dynamo-core/mechanism';

import type { Elements, Equality, SetKeyOf } from './options.js';
import type { TableRows } from './parts.js';

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
export function add<E>(rows: TableRows, ...args: SetArguments<E>): Promise<boolean> {
  return changeBy(rows, args, (elements, candidates, isEqual) => {
    const all = [...elements];
    for (const candidate of candidates) {
      if (!all.some((existing) => isEqual(existing, candidate))) all.push(candidate);
    }
    return all;
  });
}

/** Removes elements that are there; whether there were any. */
export function remove<E>(rows: TableRows, ...args: SetArguments<E>): Promise<boolean> {
  return changeBy(rows, args, (elements, candidates, isEqual) =>
    elements.filter((existing) => !candidates.some((candidate) => isEqual(existing, candidate))),
  );
}

async function changeBy<E>(
  rows: TableRows,
  [key, data, equality = isSame, given]: SetArguments<E>,
  change: (
    elements: readonly E[],
    candidates: readonly E[],
    isEqual: (existing: E, candidate: E) => boolean,
  ) => readonly E[],
): Promise<boolean> {
  checkFunction('equality', equality);
  const options = checkedOptions(given, changeOptionNames);
  const at = rows.address(key).callerKey;
  const candidates = await asStored<E>(rows, at, data);
  if (candidates.length === 0) return false;
  const isEqual = (existing: E, candidate: E): boolean => decided(equality(existing, candidate));
  return changeSet<E>(rows, at, options, (elements = []) =>
    unlessSame(elements, change(elements, candidates, isEqual)),
  );
}

/** Removes elements that meet a predicate; whether there were any. */
export async function removeWhere<E>(
  rows: TableRows,
  ...[key, predicate, given]: WhereArguments<E>
): Promise<boolean> {
  checkFunction('predicate', predicate);
  const options = checkedOptions(given, changeOptionNames);
  return changeSet<E>(rows, rows.address(key).callerKey, options, (elements = []) =>
    unlessSame(
      elements,
      elements.filter((element) => !decided(predicate(element))),
    ),
  );
}

/** Elements that were only added or only removed; `undefined` for none. */
function unlessSame<E>(before: readonly E[], after: readonly E[]): readonly E[] | undefined {
  return after.length === before.length ? undefined : after;
}

/** Puts one element in the place of others; whether there is a set. */
export async function replace<E>(
  rows: TableRows,
  ...[key, data, predicate, given]: ReplaceArguments<E>
): Promise<boolean> {
  if (predicate !== undefined) checkFunction('predicate', predicate);
  const options = checkedOptions(given, changeOptionNames);
  const at = rows.address(key).callerKey;
  const [element] = (await asStored<E>(rows, at, [data])) as [E];
  const isReplaced = predicate ?? ((existing) => isSame(existing, element));
  return changeSet<E>(
    rows,
    at,
    options,
    (elements) =>
      elements && [...elements.filter((existing) => !decided(isReplaced(existing))), element],
  );
}

/** Whether an element is there. */
export async function has<E>(
  rows: TableRows,
  ...[key, data, equality = isSame, given]: ElementArguments<E>
): Promise<boolean> {
  checkFunction('equality', equality);
  const options = checkedOptions(given, readOptionNames);
  const at = rows.address(key).callerKey;
  const [candidate] = (await asStored<E>(rows, at, [data])) as [E];
  const elements = elementsIn<E>(at, (await readEntry(rows, at, options))?.value) ?? [];
  return elements.some((existing) => decided(equality(existing, candidate)));
}

/**
 * Changes a set by a function of its elements, which answers `undefined` to leave them. Whether it
 * had anything to change, in what it got last.
 */
async function changeSet<E>(
  rows: TableRows,
  key: CompoundKey,
  options: ChangeOptions,
  change: (elements: readonly E[] | undefined) => readonly E[] | undefined,
): Promise<boolean> {
  let isChanged = false;
  const changeElements = (current: unknown): unknown => {
    const elements = change(elementsIn(key, current));
    isChanged = elements !== undefined;
    return elements;
  };
  await changeValue(locate(rows, key), changeElements, options);
  return isChanged;
}

/**
 * Elements as they will come back: only these compare with stored ones (a property that is
 * `undefined` is not stored). Refuses, before anything is sent, what cannot be stored.
 */
async function asStored<E>(
  { codec }: TableRows,
  key: CompoundKey,
  data: unknown,
): Promise<readonly E[]> {
  const elements: unknown = Array.isArray(data) ? [...(data as unknown[])] : [data];
  return (await codec.decode(await codec.encode(elements, key), key)) as readonly E[];
}

function elementsIn<E>(key: CompoundKey, value: unknown): readonly E[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new UnreadableRowError(key, 'its value is not a set (an array)');
}
