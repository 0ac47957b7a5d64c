import type { TableDefinition, Mappings } from './table-definition.js';

/** The table behind `KeyValueTable` and `KeyValueCounter`: one row for each id of a namespace. */
export const keysTable: TableDefinition = {
  name: 'keys',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'expiresAt',
};

/** What the attributes of a value's row are called there, unless the table says otherwise. */
export const keyRowMappings: Mappings<
  'partitionKeyFieldName' | 'dataFieldName' | 'md5' | 'ttlFieldName'
> = {
  partitionKeyFieldName: 'key',
  dataFieldName: 'data',
  md5: 'version',
  ttlFieldName: 'expiresAt',
};
