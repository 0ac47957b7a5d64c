import type { DynamoTransport, Item, TransactItem } from '@x/dynamo-core';
import {
  isAbsent,
  isPresent,
  isUnchanged,
  replaceExpired,
  setValue,
  uncorrected,
} from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import { expect, describe, test } from 'vitest';

import type { CopiedWrite } from './copied-writes.js';
import { prepareWrite } from './transact.js';
import { ifAbsent, ifExists, ifVersion } from './transaction.js';

const nowMs = 1_700_000_000_999;
const now = { ':now': { N: '1700000000' } };

describe('a write of a transaction', () => {
  const row = {
    tableName: 'rows',
    key: { partitionKey: { S: 'p' }, sortKey: { S: 'n.s' } },
    names: { data: 'data', version: 'md5', expiresAt: 'expiresAt' },
  };
  const stored = { data: { S: '1' }, version: 'v2', expiresAt: undefined };
  const where = { TableName: 'rows', Key: row.key };
  const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  const data = { '#data': 'data', '#expiresAt': 'expiresAt' };
  const put = { action: 'put', data: stored.data, only: undefined } as const;
  const remove = { action: 'remove', data: undefined, only: undefined } as const;

  /** As it is sent at `nowMs`. Nothing is read for it. */
  async function itemOf(
    write: Pick<CopiedWrite, 'action' | 'data' | 'only'>,
    expired?: Item,
  ): Promise<TransactItem> {
    const at = { displayKey: 'p/n.s', callerKey: { partition: 'p', namespace: 'n', sort: 's' } };
    const clock = uncorrected(new ManualClock({ nowMs }));
    const transport = {} as DynamoTransport;
    const copied = { ...row, ...at, transport, clock, expiry: {}, ...write };
    return (await prepareWrite(copied, {})).item({ version: 'v2' }, expired);
  }

  test('put() is an update, so that what shares the row stays', async () => {
    const { UpdateExpression, ...input } = setValue(row, stored);
    expect(await itemOf(put)).toEqual({ Update: { ...input, UpdateExpression, ...allOld } });
  });

  test('put() carries a condition', async () => {
    const { ConditionExpression } = (await itemOf({ ...put, only: ifAbsent })).Update ?? {};
    const condition = isAbsent(nowMs);
    expect(ConditionExpression).toBe(setValue(row, stored, condition).ConditionExpression);
  });

  test('put() takes the place of what has expired', async () => {
    const expired = { ...row.key, count: { N: '1' }, expiresAt: { N: '7' } };
    const { ConditionExpression } =
      (await itemOf({ ...put, only: ifAbsent }, expired)).Update ?? {};
    expect(ConditionExpression).toBe(replaceExpired(row, stored, expired).ConditionExpression);
  });

  test('remove() deletes the row', async () => {
    expect(await itemOf(remove)).toEqual({ Delete: where });
    expect(await itemOf({ ...remove, only: ifExists })).toEqual({
      Delete: {
        ...where,
        ...allOld,
        ConditionExpression: isPresent(nowMs).expression,
        ExpressionAttributeNames: data,
        ExpressionAttributeValues: now,
      },
    });
  });

  test('check() names what it uses and nothing else', async () => {
    const condition = isUnchanged({ version: 'v1' }, nowMs);
    expect(await itemOf({ ...remove, action: 'check', only: ifVersion('id:v1') })).toEqual({
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
