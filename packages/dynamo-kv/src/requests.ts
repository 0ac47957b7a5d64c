import { S, type DynamoInput } from '@x/dynamo-core';
import { filledIn, isPresent, namespacePrefix, type ValueRows } from '@x/dynamo-core/mechanism';

import { namespaceName } from './options.js';

/** The rows of a namespace. */
export interface NamespaceRows extends ValueRows<string> {
  readonly namespace: string;
  /** What the table calls its key. */
  readonly keyName: string;
}

/** Which rows a scan finds, and what it tells of them. */
export interface ScanShape {
  /** Only keys that begin with the namespace and this text. */
  readonly prefix?: string | undefined;
  /** Only keys that contain this text. */
  readonly keyContains?: string | undefined;
  readonly consistent?: boolean | undefined;
  /** Leaves out what has expired by this time. */
  readonly nowMs?: number | undefined;
  readonly withCapacity?: boolean | undefined;
  readonly onlyKeys?: boolean | undefined;
}

/** Reads on through the table, and keeps the values of one namespace. */
export function scan(
  { tableName, names, namespace, keyName }: NamespaceRows,
  {
    prefix = '',
    keyContains,
    consistent = false,
    nowMs,
    withCapacity = false,
    onlyKeys = false,
  }: ScanShape,
): DynamoInput<'Scan'> {
  const start = `${namespacePrefix(namespace)}${prefix}`;
  const present = nowMs === undefined ? undefined : isPresent(nowMs);
  const filter = [
    present?.expression ?? 'attribute_exists(#data)',
    // The original's rows do not say their namespace: their key has to do.
    '(#ns = :ns OR attribute_not_exists(#ns))',
    ...(start === '' ? [] : ['begins_with(#key, :start)']),
    ...(keyContains === undefined ? [] : ['contains(#key, :contains)']),
  ];
  return filledIn(
    {
      TableName: tableName,
      ConsistentRead: consistent,
      FilterExpression: filter.join(' AND '),
      ProjectionExpression: onlyKeys ? '#key' : undefined,
      ReturnConsumedCapacity: withCapacity ? 'TOTAL' : undefined,
    },
    { '#key': keyName, '#data': names.data, '#ns': namespaceName, '#expiresAt': names.expiresAt },
    {
      ':ns': S(namespace),
      ':start': S(start),
      ':contains': S(keyContains ?? ''),
      ...present?.values,
    },
  );
}
