import type { Item } from '@x/dynamo-core';

import type { KeySchema } from '../expressions/key-condition.js';
import { keyAttributes } from '../store/check-key.js';
import { setAttribute } from '../values/copy-value.js';

/** The key attributes of an item (or of a key). */
export function keyOf(table: KeySchema, item: Item): Item {
  return pickAttributes(
    item,
    keyAttributes(table).map(({ name }) => name),
  );
}

/** The attributes of these names. */
export function pickAttributes(item: Item, names: readonly string[]): Item {
  const picked: Item = {};
  for (const name of names) {
    const value = item[name];
    if (value !== undefined) setAttribute(picked, name, value);
  }
  return picked;
}
