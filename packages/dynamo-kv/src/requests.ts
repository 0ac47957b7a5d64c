import { S, type Condition, type DynamoInput } from '@x/dynamo-core';
import { all, filledIn, namespacePrefix, type ValueStore } from '@x/dynamo-core/mechanism';

import { namespaceName, type IdsOptions, type ScanOptions } from './options.js';

/** The rows of a namespace. */
export interface NamespaceRows extends ValueStore<string> {
  readonly namespace: string;
  /** What the table calls its key. */
  readonly keyName: string;
}

const isValue: Condition = { expression: 'attribute_exists(#data)', values: {} };

/** Reads on through the table, and keeps the values of one namespace. */
export function scan(
  { tableName, names, namespace, keyName }: NamespaceRows,
  { prefix = '', keyContains, consistent = false, onProgress }: IdsOptions & ScanOptions,
  range: Partial<DynamoInput<'Scan'>>,
  present: Condition = isValue,
): DynamoInput<'Scan'> {
  const start = `${namespacePrefix(namespace)}${prefix}`;
  return filledIn(
    {
      TableName: tableName,
      ConsistentRead: consistent,
      FilterExpression: all(
        present.expression,
        // The original's rows do not say their namespace: their key has to do.
        '(#ns = :ns OR attribute_not_exists(#ns))',
        start === '' ? undefined : 'begins_with(#key, :start)',
        keyContains === undefined ? undefined : 'contains(#key, :contains)',
      ),
      ReturnConsumedCapacity: onProgress && 'TOTAL',
      ...range,
    },
    { '#key': keyName, '#data': names.data, '#ns': namespaceName, '#expiresAt': names.expiresAt },
    {
      ':ns': S(namespace),
      ':start': S(start),
      ':contains': S(keyContains ?? ''),
      ...present.values,
    },
  );
}
