import {
  InvalidInputError,
  N,
  S,
  type Condition,
  type DynamoInput,
  type Item,
  type CompoundKey,
} from '@x/dynamo-core';
import {
  checkKeyText,
  filledIn,
  isPresent,
  keyBytesMax,
  type PartitionedHandle,
  type ValueStore,
} from '@x/dynamo-core/mechanism';
import type { RangeOptions } from './options.js';

/** The rows of a table, for what other primitives keep there too and for values. */
export type TableRows = PartitionedHandle & Omit<ValueStore<CompoundKey>, 'address'>;

export interface QueryShape extends Pick<RangeOptions, 'namespace' | 'prefix' | 'between'> {
  readonly partition: string;
  readonly consistent?: boolean | undefined;
  /** What is read of each row. @default all of it */
  readonly projection?: string | undefined;
}

/** Reads on through a part of a partition and keeps the living values. */
export function queryValues(
  rows: TableRows,
  shape: QueryShape,
  nowMs: number,
): DynamoInput<'Query'> {
  return query(rows, shape, isPresent(nowMs));
}

/** Reads on through a partition and keeps the living rows, with all that they hold. */
export function queryRows(rows: TableRows, shape: QueryShape, nowMs: number): DynamoInput<'Query'> {
  const expression = 'NOT #expiresAt <= :now';
  return query(rows, shape, { expression, values: { ':now': N(Math.floor(nowMs / 1000)) } });
}

/** Reads on through a partition for the keys alone, of expired rows too. */
export function queryKeys(
  rows: TableRows,
  partition: string,
  namespace?: string,
): DynamoInput<'Query'> {
  // Consistent, as rows that were stored just before have to be found.
  const shape = { partition, namespace, consistent: true, projection: '#partition, #sort' };
  return query(rows, shape);
}

function query(rows: TableRows, shape: QueryShape, filter?: Condition): DynamoInput<'Query'> {
  const { partition, consistent = false, projection } = shape;
  checkKeyText('partition', partition);
  const range = rangeOf(rows, shape);
  return filledIn(
    {
      TableName: rows.tableName,
      ConsistentRead: consistent,
      KeyConditionExpression: `#partition = :partition${range.expression}`,
      FilterExpression: filter?.expression,
      ProjectionExpression: projection,
    },
    {
      '#partition': rows.mappings.partitionKeyFieldName,
      '#sort': rows.mappings.sortKeyFieldName,
      '#data': rows.names.data,
      '#expiresAt': rows.names.expiresAt,
    },
    { ':partition': S(partition), ...range.values, ...filter?.values },
  );
}

function rangeOf(
  rows: TableRows,
  { partition, namespace = '', prefix, between }: QueryShape,
): Condition {
  const { sortKeyFieldName, sortKeyFieldAWSType } = rows.mappings;
  if (between !== undefined) {
    if (prefix !== undefined) {
      throw new InvalidInputError('prefix', prefix, 'left out when between is given');
    }
    const [from, to] = between.map(
      (sort) => rows.address({ partition, namespace, sort: sort as string }).key[sortKeyFieldName],
    ) as [Item[string], Item[string]];
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
