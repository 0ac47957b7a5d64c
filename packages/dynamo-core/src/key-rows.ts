import { S } from './attribute-value.js';
import type { BatchKey } from './batches.js';
import { InvalidInputError } from './errors.js';
import { checkKeyText, checkWellFormed, keyBytesMax } from './input-checks.js';
import type { Mappings } from './mappings.js';
import type { TableDefinition } from './table-definition.js';

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

/** Throws unless `namespace` is a string. `''` means that ids are keys as they are. */
export function checkNamespace(namespace: string): void {
  if (typeof namespace !== 'string') {
    throw new InvalidInputError('namespace', namespace, "a string, '' for none");
  }
  checkWellFormed('namespace', namespace);
}

/** What all keys of a namespace begin with. */
export function namespacePrefix(namespace: string): string {
  return namespace === '' ? '' : `${namespace}.`;
}

/** Checks an id and says where its row is. `keyName` is what the table calls its key. */
export function keyAddress(
  namespace: string,
  id: string,
  keyName: string = keysTable.partitionKey.name,
): BatchKey {
  checkKeyText('id', id, keyBytesMax.partition);
  const key = `${namespacePrefix(namespace)}${id}`;
  checkKeyText('the namespace and id', key, keyBytesMax.partition);
  return { key: { [keyName]: S(key) }, label: id };
}
