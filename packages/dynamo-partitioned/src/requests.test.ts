import { jsonCodec } from '@x/dynamo-core';
import { partitionedRows, type PartitionedRowsOptions } from '@x/dynamo-core/mechanism';
import { describe, expect, test } from 'vitest';

import { type TableRows, queryKeys, queryRows, queryValues } from './requests.js';
function open(mappings: PartitionedRowsOptions['mappings'] = {}): TableRows {
  const names = { data: 'data', version: 'md5', expiresAt: 'expiresAt' };
  return { ...partitionedRows({ tableName: 'rows', mappings }), codec: jsonCodec, names };
}

const rows = open();
const nowMs = 1_700_000_000_999;
const now = { ':now': { N: '1700000000' } };
const living = 'NOT #expiresAt <= :now';
const names = { '#partition': 'partitionKey', '#data': 'data', '#expiresAt': 'expiresAt' };

describe('queryValues()', () => {
  test('reads a partition and keeps living values', () => {
    expect(queryValues(rows, { partition: 'p' }, nowMs)).toEqual({
      TableName: 'rows',
      ConsistentRead: false,
      KeyConditionExpression: '#partition = :partition',
      FilterExpression: `attribute_exists(#data) AND ${living}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ':partition': { S: 'p' }, ...now },
    });
  });

  test.each([
    [{ namespace: 'n' }, 'n.'],
    [{ namespace: 'n', prefix: 'a' }, 'n.a'],
    [{ prefix: 'a' }, 'a'],
  ])('reads %j by its prefix', (range, prefix) => {
    const input = queryValues(rows, { partition: 'p', ...range }, nowMs);
    expect(input.KeyConditionExpression).toBe(
      '#partition = :partition AND begins_with(#sort, :prefix)',
    );
    expect(input.ExpressionAttributeNames).toEqual({ ...names, '#sort': 'sortKey' });
    expect(input.ExpressionAttributeValues?.[':prefix']).toEqual({ S: prefix });
  });

  test('reads a range, in its namespace', () => {
    const shape = { partition: 'p', namespace: 'n', between: ['a', 'c'] } as const;
    const input = queryValues(rows, { ...shape, consistent: true }, nowMs);
    expect(input.ConsistentRead).toBe(true);
    expect(input.KeyConditionExpression).toBe(
      '#partition = :partition AND #sort BETWEEN :from AND :to',
    );
    expect(input.ExpressionAttributeValues).toMatchObject({
      ':from': { S: 'n.a' },
      ':to': { S: 'n.c' },
    });
  });

  test('reads a range of numbers by their size', () => {
    const numeric = open({ sortKeyFieldAWSType: 'N', sortKeyFieldName: 'at' });
    const input = queryValues(numeric, { partition: 'p', between: [9, 10] }, nowMs);
    expect(input.ExpressionAttributeNames?.['#sort']).toBe('at');
    expect(input.ExpressionAttributeValues).toMatchObject({
      ':from': { N: '9' },
      ':to': { N: '10' },
    });
  });
});

test('queryRows() keeps living rows, whatever they hold', () => {
  expect(queryRows(rows, { partition: 'p' }, nowMs)).toEqual({
    TableName: 'rows',
    ConsistentRead: false,
    KeyConditionExpression: '#partition = :partition',
    FilterExpression: living,
    ExpressionAttributeNames: { '#partition': 'partitionKey', '#expiresAt': 'expiresAt' },
    ExpressionAttributeValues: { ':partition': { S: 'p' }, ...now },
  });
});

test('queryKeys() reads nothing but the keys, and all of them', () => {
  expect(queryKeys(rows, 'p')).toEqual({
    TableName: 'rows',
    ConsistentRead: true,
    KeyConditionExpression: '#partition = :partition',
    ProjectionExpression: '#partition, #sort',
    ExpressionAttributeNames: { '#partition': 'partitionKey', '#sort': 'sortKey' },
    ExpressionAttributeValues: { ':partition': { S: 'p' } },
  });
});
