import { S } from './attributes.js';
import type { AttributeValue, Item } from './transport.js';
import type { RowAddress } from './value-row.js';
import type { Dropped } from './row-kinds.js';
import { filledIn, type Filled, type Places } from './send.js';
import { countName } from './write-value.js';

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
