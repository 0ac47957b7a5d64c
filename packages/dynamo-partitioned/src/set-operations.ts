// What is done with a set: each function is an operation, by its name.
import { InvalidInputError, UnreadableRowError, type CompoundKey } from '@x/dynamo-core';
import { changeValue, hasMethods, locate, nodeModule, readEntry } from '@x/dynamo-core/mechanism';

import type { SetCall } from './sets.js';

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
export async function add<E>(call: SetCall<E>): Promise<boolean> {
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
export async function remove<E>(call: SetCall<E>): Promise<boolean> {
  const { elements: candidates, equality = isSame } = call;
  if (candidates.length === 0) return false;
  const predicate = (existing: E): boolean =>
    candidates.some((candidate) => decided(equality(existing, candidate)));
  return removeWhere({ ...call, predicate });
}

/** Removes elements that meet a predicate; whether there were any. */
export function removeWhere<E>(call: SetCall<E>): Promise<boolean> {
  const { predicate = () => false } = call;
  return changeSet(call, (elements = []) => {
    const kept = elements.filter((element) => !decided(predicate(element)));
    return kept.length === elements.length ? undefined : kept;
  });
}

/** Puts one element in the place of others and of its equals; whether there is a set. */
export function replace<E>(call: SetCall<E>): Promise<boolean> {
  const [element] = call.elements as readonly [E];
  const { predicate = () => false } = call;
  const stays = (existing: E): boolean =>
    !decided(predicate(existing)) && !isSame(existing, element);
  return changeSet(call, (elements) => elements && [...elements.filter(stays), element]);
}

/** Whether an element is there. */
export async function has<E>(call: SetCall<E>): Promise<boolean> {
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
