import { N, S, type DynamoInput, type Item } from '@x/dynamo-core';
import { namespacePrefix, type Mappings } from '@x/dynamo-core/mechanism';

import { namespaceName, type KeyValueField } from './options.js';

export interface ScanShape {
  readonly tableName: string;
  readonly mappings: Mappings<KeyValueField>;
  readonly namespace: string;
  readonly keyContains: string | undefined;
  readonly consistent: boolean;
  readonly withCapacity: boolean;
}

/** Which rows one request reads. */
export interface ScanRange {
  /** How many rows DynamoDB reads for it at most. */
  readonly rowsMax: number;
  readonly from?: Item | undefined;
  readonly segment?: { readonly index: number; readonly total: number } | undefined;
}

/**
 * Reads on through the table for the keys of one namespace, which begin with a text: of living values
 * at a time, or of all that were ever stored and are still there.
 */
export function scanKeys(
  { tableName, mappings, namespace }: Pick<ScanShape, 'tableName' | 'mappings' | 'namespace'>,
  { prefix = '', consistent, nowMs, withCapacity = false }: KeyRange,
): DynamoInput<'Scan'> {
  const start = `${namespacePrefix(namespace)}${prefix}`;
  const isOfNamespace =
    namespace === '' ? 'attribute_not_exists(#ns)' : 'begins_with(#key, :start)';
  const filter = [
    'attribute_exists(#data)',
    `(#ns = :ns OR (attribute_not_exists(#ns) AND ${isOfNamespace}))`,
    ...(start === '' ? [] : ['begins_with(#key, :start)']),
    ...(nowMs === undefined ? [] : ['(attribute_not_exists(#expiresAt) OR #expiresAt > :now)']),
  ];
  return {
    TableName: tableName,
    ConsistentRead: consistent,
    ProjectionExpression: '#key',
    FilterExpression: filter.join(' AND '),
    ExpressionAttributeNames: {
      '#key': mappings.partitionKeyFieldName,
      '#data': mappings.dataFieldName,
      '#ns': namespaceName,
      ...(nowMs !== undefined && { '#expiresAt': mappings.ttlFieldName }),
    },
    ExpressionAttributeValues: {
      ':ns': S(namespace),
      ...(start !== '' && { ':start': S(start) }),
      ...(nowMs !== undefined && { ':now': N(Math.floor(nowMs / 1000)) }),
    },
    ...(withCapacity && { ReturnConsumedCapacity: 'TOTAL' }),
  };
}

/** Which keys are read. */
export interface KeyRange {
  readonly prefix?: string | undefined;
  readonly consistent: boolean;
  /** Leaves out what has expired by this time. */
  readonly nowMs?: number;
  readonly withCapacity?: boolean;
}

/** Reads on through the table and keeps the living values of one namespace. */
export function scan(shape: ScanShape, range: ScanRange, nowMs: number): DynamoInput<'Scan'> {
  const { tableName, mappings, namespace, keyContains, consistent, withCapacity } = shape;
  const prefix = namespacePrefix(namespace);
  // The original's rows do not say their namespace: their key has to do.
  const original =
    prefix === ''
      ? 'attribute_not_exists(#ns)'
      : '(attribute_not_exists(#ns) AND begins_with(#key, :prefix))';
  const filter = [
    'attribute_exists(#data)',
    `(#ns = :ns OR ${original})`,
    '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
    ...(keyContains === undefined ? [] : ['contains(#key, :contains)']),
  ];
  const usesKey = prefix !== '' || keyContains !== undefined;
  return {
    TableName: tableName,
    Limit: range.rowsMax,
    ConsistentRead: consistent,
    FilterExpression: filter.join(' AND '),
    ExpressionAttributeNames: {
      '#data': mappings.dataFieldName,
      '#ns': namespaceName,
      '#expiresAt': mappings.ttlFieldName,
      ...(usesKey && { '#key': mappings.partitionKeyFieldName }),
    },
    ExpressionAttributeValues: {
      ':ns': S(namespace),
      ':now': N(Math.floor(nowMs / 1000)),
      ...(prefix !== '' && { ':prefix': S(prefix) }),
      ...(keyContains !== undefined && { ':contains': S(keyContains) }),
    },
    ...(range.from && { ExclusiveStartKey: range.from }),
    ...(range.segment && { Segment: range.segment.index, TotalSegments: range.segment.total }),
    ...(withCapacity && { ReturnConsumedCapacity: 'TOTAL' }),
  };
}
