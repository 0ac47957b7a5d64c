import {
  isAbsent,
  isPresent,
  isUnchanged,
  replaceExpired,
  setValue,
  type RowAddress,
} from '@x/dynamo-core/mechanism';
import { describe, expect, test } from 'vitest';

import { transactCheck, transactPut, transactRemove } from './transact-requests.js';

const nowMs = 1_700_000_000_999;
const now = { ':now': { N: '1700000000' } };

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
    const { UpdateExpression, ...input } = setValue(row, write);
    expect(transactPut(row, write, undefined, undefined)).toEqual({
      Update: { ...input, UpdateExpression, ...allOld },
    });
  });

  test('transactPut() carries a condition', () => {
    const condition = isAbsent(nowMs);
    const { ConditionExpression } = transactPut(row, write, condition, undefined).Update ?? {};
    expect(ConditionExpression).toBe(setValue(row, write, condition).ConditionExpression);
  });

  test('transactPut() takes the place of what has expired', () => {
    const expired = { ...row.key, count: { N: '1' }, expiresAt: { N: '7' } };
    expect(transactPut(row, write, isAbsent(nowMs), expired).Update?.ConditionExpression).toBe(
      replaceExpired(row, write, expired).ConditionExpression,
    );
  });

  test('transactRemove() deletes the row', () => {
    expect(transactRemove(row, undefined)).toEqual({ Delete: where });
    expect(transactRemove(row, isPresent(nowMs))).toEqual({
      Delete: {
        ...where,
        ...allOld,
        ConditionExpression: isPresent(nowMs).expression,
        ExpressionAttributeNames: data,
        ExpressionAttributeValues: now,
      },
    });
  });

  test('transactCheck() names what it uses and nothing else', () => {
    const condition = isUnchanged({ version: 'v1' }, nowMs);
    expect(transactCheck(row, condition)).toEqual({
      ConditionCheck: {
        ...where,
        ...allOld,
        ConditionExpression: condition.expression,
        ExpressionAttributeNames: { ...data, '#newest': 'md5' },
        ExpressionAttributeValues: { ':read': { S: 'v1' }, ...now },
      },
    });
  });
});
