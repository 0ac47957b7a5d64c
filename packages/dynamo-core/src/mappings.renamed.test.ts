import { expect, test } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { N, S } from './attributes.js';
import { renamed } from './mappings.js';

const names = { key: 'id', expiresAt: 'ttl', data: 'data' };

test('leaves a transport as it is where nothing is called otherwise', () => {
  const transport = new Answering();
  expect(renamed(transport, 't', { key: 'key' })).toBe(transport);
});

test('renames in keys, rows, names and expressions, and back in the answer', async () => {
  const transport = new Answering(() => ({ Attributes: { ttl: N(7), data: S('d'), key: S('x') } }));
  const output = await renamed(transport, 't', names).call('UpdateItem', {
    TableName: 't',
    Key: { key: S('a') },
    UpdateExpression: 'SET expiresAt = if_not_exists(expiresAt, :expiresAt), #k.expiresAt = :key',
    ConditionExpression: 'expiresAt <= :cut AND begins_with(#k, :expiresAt)',
    ExpressionAttributeNames: { '#k': 'key', '#data': 'data' },
    ExpressionAttributeValues: { ':expiresAt': N(1) },
  });
  expect(transport.requests[0]?.input).toEqual({
    TableName: 't',
    Key: { id: S('a') },
    UpdateExpression:
      'SET #renamed_expiresAt = if_not_exists(#renamed_expiresAt, :expiresAt), #k.expiresAt = :key',
    ConditionExpression: '#renamed_expiresAt <= :cut AND begins_with(#k, :expiresAt)',
    ExpressionAttributeNames: { '#k': 'id', '#data': 'data', '#renamed_expiresAt': 'ttl' },
    ExpressionAttributeValues: { ':expiresAt': N(1) },
  });
  // What the table calls "key" is another thing.
  expect(output).toEqual({ Attributes: { expiresAt: N(7), data: S('d') } });
});

test('renames back in the rows of a refusal', async () => {
  const refusal = sdkError('ConditionalCheckFailedException', { Item: { id: S('a'), ttl: N(1) } });
  const transport = new Answering(() => Promise.reject(refusal));
  const call = renamed(transport, 't', names).call('DeleteItem', { TableName: 't', Key: {} });
  await expect(call).rejects.toBe(refusal);
  expect(refusal).toMatchObject({ Item: { key: S('a'), expiresAt: N(1) } });
});

test('leaves items of a transaction that are about other tables as they are', async () => {
  const other = { TableName: 'other', Item: { key: S('a'), expiresAt: N(1) } };
  const reasons = [{ Item: { ttl: N(1) } }, { Item: { ttl: N(2) } }];
  const refusal = sdkError('TransactionCanceledException', { CancellationReasons: reasons });
  const transport = new Answering(() => Promise.reject(refusal));
  const TransactItems = [{ Put: other }, { Put: { ...other, TableName: 't' } }];
  const call = renamed(transport, 't', names).call('TransactWriteItems', { TransactItems });
  await expect(call).rejects.toBe(refusal);
  expect(transport.requests[0]?.input).toEqual({
    TransactItems: [{ Put: other }, { Put: { TableName: 't', Item: { id: S('a'), ttl: N(1) } } }],
  });
  expect(reasons).toEqual([{ Item: { ttl: N(1) } }, { Item: { expiresAt: N(2) } }]);
});

test('takes nothing out of what a caller writes under a name of the table', async () => {
  const transport = new Answering();
  const Item = { key: S('a'), ttl: N(7), data: S('d') };
  await renamed(transport, 't', names).call('TransactWriteItems', {
    TransactItems: [{ Put: { TableName: 't', Item } }],
  });
  expect(transport.requests[0]?.input).toEqual({
    TransactItems: [{ Put: { TableName: 't', Item: { id: S('a'), ttl: N(7), data: S('d') } } }],
  });
});

test('renames in batches, and in what they leave', async () => {
  const transport = new Answering(() => ({
    Responses: { t: [{ id: S('a'), ttl: N(1) }] },
    UnprocessedKeys: { t: { Keys: [{ id: S('b') }] } },
    UnprocessedItems: { t: [{ DeleteRequest: { Key: { id: S('c') } } }] },
  }));
  const output = await renamed(transport, 't', names).call('BatchGetItem', {
    RequestItems: { t: { Keys: [{ key: S('a') }], ProjectionExpression: 'expiresAt' } },
  });
  expect(transport.requests[0]?.input).toEqual({
    RequestItems: {
      t: {
        Keys: [{ id: S('a') }],
        ProjectionExpression: '#renamed_expiresAt',
        ExpressionAttributeNames: { '#renamed_expiresAt': 'ttl' },
      },
    },
  });
  expect(output).toEqual({
    Responses: { t: [{ key: S('a'), expiresAt: N(1) }] },
    UnprocessedKeys: { t: { Keys: [{ key: S('b') }] } },
    UnprocessedItems: { t: [{ DeleteRequest: { Key: { key: S('c') } } }] },
  });
});
