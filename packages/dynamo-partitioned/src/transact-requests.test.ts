import type { RowAddress } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { transactCheck, transactPut, transactRemove } from './transact-requests.js';
import { ifAbsent, ifExists, ifVersion } from './transaction.js';

const nowMs = 1_700_000_000_999;
const now = { ':now': { N: '1700000000' } };
const living = '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)';

describe('a write of a transaction', () => {
  const row: RowAddress = {
    tableName: 'rows',
    key: { partitionKey: { S: 'p' }, sortKey: { S: 'n.s' } },
    names: { data: 'data', version: 'md5', expiresAt: 'expiresAt' },
  };
  const write = { data: { S: '1' }, version: 'v2', expiresAt: undefined };
  const where = { TableName: 'rows', Key: row.key };
  const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  const data = { '#data': 'data', '#expiresAt': 'expiresAt' };

  test('transactPut() is an update, so that what shares the row stays', () => {
    expect(transactPut(row, write, undefined, nowMs)).toEqual({
      Update: {
        ...where,
        ...allOld,
        UpdateExpression: 'SET #data = :data, #version = :version REMOVE #expiresAt',
        ExpressionAttributeNames: { ...data, '#version': 'md5' },
        ExpressionAttributeValues: { ':data': { S: '1' }, ':version': { S: 'v2' } },
      },
    });
  });

  test('transactPut() with a condition carries it', () => {
    expect(transactPut(row, write, ifAbsent, nowMs).Update?.ConditionExpression).toBe(
      '(attribute_not_exists(#data) OR #expiresAt <= :now)',
    );
  });

  test('transactRemove() deletes the row', () => {
    expect(transactRemove(row, undefined, nowMs)).toEqual({ Delete: where });
    expect(transactRemove(row, ifExists, nowMs)).toEqual({
      Delete: {
        ...where,
        ...allOld,
        ConditionExpression: `attribute_exists(#data) AND ${living}`,
        ExpressionAttributeNames: data,
        ExpressionAttributeValues: now,
      },
    });
  });

  test('transactCheck() names what it uses and nothing else', () => {
    expect(transactCheck(row, ifVersion('id:v1'), nowMs)).toEqual({
      ConditionCheck: {
        ...where,
        ...allOld,
        ConditionExpression: `#version = :read AND attribute_exists(#data) AND ${living}`,
        ExpressionAttributeNames: { ...data, '#version': 'md5' },
        ExpressionAttributeValues: { ':read': { S: 'v1' }, ...now },
      },
    });
  });
});
