import type { CompoundKey, ReadOptions } from '@x/dynamo-core';
import {
  changeOptionNames,
  checkedOptions,
  checkFunction,
  onFirstUse,
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
export interface SetCall<E> extends Tests<E> {
  readonly rows: TableRows;
  readonly at: CompoundKey;
  /** Elements as they will come back: a property that is `undefined` is not stored, for one. */
  readonly elements: readonly E[];
  readonly options: Options;
}

const operating = /* @__PURE__ */ onFirstUse(() => import('./set-operations.js'));

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
  const operations = await operating();
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
