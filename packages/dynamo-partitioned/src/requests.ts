import {
  InvalidInputError,
  N,
  S,
  type DynamoInput,
  type Item,
  type PartitionKeyMappings,
} from '@x/dynamo-core';
import {
  checkKeyText,
  checkString,
  isPresent,
  keyBytesMax,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import type { RangeOptions } from './options.js';

/** What may share a row with a value: the counter of the same key. */
export const countName = 'count';

export interface QueryShape extends Pick<RangeOptions, 'namespace' | 'prefix' | 'between'> {
  readonly partition: string;
  readonly consistent?: boolean | undefined;
}

/** Reads on through a part of a partition and keeps the living values. */
export function queryValues(
  rows: PartitionedHandle,
  shape: QueryShape,
  nowMs: number,
): DynamoInput<'Query'> {
  const { expression, values } = isPresent(nowMs);
  return query(rows, shape, {
    filter: expression,
    names: { '#data': rows.mappings.dataFieldName, '#expiresAt': rows.mappings.ttlFieldName },
    values,
  });
}

/** Reads on through a partition and keeps the living rows, with all that they hold. */
export function queryRows(
  rows: PartitionedHandle,
  shape: QueryShape,
  nowMs: number,
): DynamoInput<'Query'> {
  return query(rows, shape, {
    filter: isLiving,
    names: { '#expiresAt': rows.mappings.ttlFieldName },
    values: now(nowMs),
  });
}

/** Reads on through a partition for the keys alone, of expired rows too. */
export function queryKeys(
  rows: PartitionedHandle,
  partition: string,
  namespace?: string,
): DynamoInput<'Query'> {
  return {
    // Consistent, as rows that were stored just before have to be found.
    ...query(rows, { partition, namespace, consistent: true }),
    ProjectionExpression: '#partition, #sort',
    ExpressionAttributeNames: keyNames(rows.mappings),
  };
}

const isLiving = '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)';

function now(nowMs: number): Item {
  return { ':now': N(Math.floor(nowMs / 1000)) };
}

interface Filter {
  readonly filter: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

function query(rows: PartitionedHandle, shape: QueryShape, filter?: Filter): DynamoInput<'Query'> {
  const { partition, consistent = false } = shape;
  checkKeyText('partition', partition, keyBytesMax.partition);
  const range = rangeOf(rows, shape);
  const names = keyNames(rows.mappings);
  return {
    TableName: rows.tableName,
    ConsistentRead: consistent,
    KeyConditionExpression: `#partition = :partition${range.expression}`,
    ...(filter && { FilterExpression: filter.filter }),
    ExpressionAttributeNames: {
      '#partition': names['#partition'] as string,
      ...(range.expression !== '' && { '#sort': names['#sort'] as string }),
      ...filter?.names,
    },
    ExpressionAttributeValues: {
      ':partition': S(partition),
      ...range.values,
      ...filter?.values,
    },
  };
}

function keyNames(mappings: PartitionKeyMappings): Record<string, string> {
  return { '#partition': mappings.partitionKeyFieldName, '#sort': mappings.sortKeyFieldName };
}

interface Range {
  readonly expression: string;
  readonly values: Item;
}

function rangeOf(
  rows: PartitionedHandle,
  { partition, namespace = '', prefix, between }: QueryShape,
): Range {
  const { sortKeyFieldName, sortKeyFieldAWSType } = rows.mappings;
  checkString('namespace', namespace);
  checkString('prefix', prefix ?? '');
  if (between !== undefined) {
    if (prefix !== undefined) {
      throw new InvalidInputError('prefix', prefix, 'left out when between is given');
    }
    const [from, to] = between.map((sort) => {
      const { key } = rows.address({ partition, namespace, sort: String(sort) });
      return key[sortKeyFieldName] as Item[string];
    }) as [Item[string], Item[string]];
    checkOrder(between, from, to);
    return { expression: ' AND #sort BETWEEN :from AND :to', values: { ':from': from, ':to': to } };
  }
  const text = `${namespace === '' ? '' : `${namespace}.`}${prefix ?? ''}`;
  if (text === '') return { expression: '', values: {} };
  if (sortKeyFieldAWSType === 'N') {
    const field = prefix === undefined ? 'namespace' : 'prefix';
    throw new InvalidInputError(field, prefix ?? namespace, 'left out where sort keys are numbers');
  }
  checkKeyText('the namespace and prefix', text, keyBytesMax.sort);
  return { expression: ' AND begins_with(#sort, :prefix)', values: { ':prefix': S(text) } };
}

function checkOrder(between: unknown, from: Item[string], to: Item[string]): void {
  const isOrdered =
    from.N === undefined
      ? Buffer.compare(Buffer.from(from.S ?? ''), Buffer.from(to.S ?? '')) <= 0
      : Number(from.N) <= Number(to.N);
  if (!isOrdered) throw new InvalidInputError('between', between, 'in ascending order');
}
