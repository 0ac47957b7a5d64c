import { S } from './attributes.js';
import type { AttributeValue, Item } from './transport.js';
import { type RowAddress, countName } from './write-value.js';
import type { Dropped } from './row-kinds.js';

/** What placeholders stand for; `undefined` for one that nothing uses. */
export type Places<T> = Readonly<Record<string, T | undefined>>;

/** A request whose placeholders stand for something. */
export type Filled<R> = R & {
  ExpressionAttributeNames: Record<string, string> | undefined;
  ExpressionAttributeValues: Item | undefined;
};

/**
 * A request with those of the names and values that its expressions use: DynamoDB refuses any others.
 * No placeholder may begin with another one.
 */
export function filledIn<R extends object>(
  request: R,
  names: Places<string>,
  values: Places<AttributeValue>,
): Filled<R> {
  let text = '';
  for (const field in request) if (field.endsWith('Expression')) text += String(request[field]);
  return {
    ...request,
    ExpressionAttributeNames: used(names, text),
    ExpressionAttributeValues: used(values, text),
  };
}

function used<T>(places: Places<T>, text: string): Record<string, T> | undefined {
  let found: Record<string, T> | undefined;
  for (const place in places) {
    const meaning = places[place];
    if (meaning !== undefined && text.includes(place)) (found ??= {})[place] = meaning;
  }
  return found;
}

/** A request about the row of a value: `#data`, `#newest`, `#expiresAt`, `#count` and `#owner` are filled in. */
export function rowRequest<R extends object>(
  row: RowAddress,
  request: R,
  values: Places<AttributeValue> = {},
  dropped?: Dropped,
): Filled<R & { TableName: string; Key: Item }> {
  const { tableName, key, owner } = row;
  return filledIn(
    { TableName: tableName, Key: key, ...request },
    { ...rowNames(row), ...dropped?.names },
    { ...values, ':owner': owner && S(owner.value) },
  );
}

/** What the attributes in the row of a value are called. */
export function rowNames({ names, owner }: Pick<RowAddress, 'names' | 'owner'>): Places<string> {
  return {
    '#data': names.data,
    '#newest': names.version,
    '#expiresAt': names.expiresAt,
    '#count': countName,
    '#owner': owner?.name,
  };
}
