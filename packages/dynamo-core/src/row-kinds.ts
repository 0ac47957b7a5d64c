import type { Item } from './attribute-value.js';
import { KeyCollisionError } from './errors.js';

/** What a row may hold. */
export type RowKind = 'value' | 'count' | 'attempts' | 'claim';

const nouns: Record<RowKind, string> = {
  value: 'a value',
  count: 'a count',
  attempts: 'the attempts of a limit',
  claim: 'a claim of do-once',
};

/**
 * What a row holds beside what is written there, told by the attribute that each kind always has;
 * `undefined` where there is nothing else. It may have expired: ask that first.
 */
export function kindBeside(
  item: Item | undefined,
  own: RowKind,
  dataName: string = 'data',
): RowKind | undefined {
  if (item === undefined) return undefined;
  const marks = { value: dataName, count: 'count', attempts: 'r0', claim: 'lease' };
  const kinds = Object.keys(marks) as RowKind[];
  return kinds.find((kind) => kind !== own && item[marks[kind]] !== undefined);
}

/** A row that expires holds one thing: throws a `KeyCollisionError` where there is another. */
export function checkAlone(
  key: string,
  item: Item | undefined,
  own: RowKind,
  dataName?: string,
): void {
  const other = kindBeside(item, own, dataName);
  if (other !== undefined) {
    throw new KeyCollisionError(
      key,
      `the row holds ${nouns[other]}, and a row that expires holds one thing`,
    );
  }
}
