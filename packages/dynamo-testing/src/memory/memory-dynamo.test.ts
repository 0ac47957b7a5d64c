import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from './memory-dynamo.js';
import { UnsupportedFeatureError } from './service-errors.js';

const table = {
  name: 'rows',
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'N' },
} as const;
const Key = { pk: { S: 'a' }, sk: { N: '1' } };

describe('MemoryDynamo', () => {
  let dynamo: MemoryDynamo;

  beforeEach(() => {
    dynamo = new MemoryDynamo();
    dynamo.createTable(table);
  });

  async function update(input: Partial<UpdateItemCommandInput>): Promise<unknown> {
    const { Attributes } = await dynamo.call('UpdateItem', {
      TableName: 'rows',
      Key,
      ReturnValues: 'ALL_NEW',
      ...input,
    });
    return Attributes;
  }

  test('send() answers commands of the SDK', async () => {
    await dynamo.send(new PutItemCommand({ TableName: 'rows', Item: { ...Key, v: { S: 'x' } } }));
    const { Item, $metadata } = await dynamo.send(new GetItemCommand({ TableName: 'rows', Key }));
    expect(Item).toEqual({ ...Key, v: { S: 'x' } });
    expect($metadata.httpStatusCode).toBe(200);
    const { Items } = await dynamo.send(
      new QueryCommand({
        TableName: 'rows',
        KeyConditionExpression: 'pk = :p AND sk BETWEEN :l AND :h',
        ExpressionAttributeValues: { ':p': { S: 'a' }, ':l': { N: '0' }, ':h': { N: '1' } },
      }),
    );
    expect(Items).toHaveLength(1);
  });

  test('send() refuses a command of the document client', async () => {
    const command = new PutCommand({ TableName: 'rows', Item: { pk: 'a', sk: 1 } });
    await expect(dynamo.send(command)).rejects.toBeInstanceOf(UnsupportedFeatureError);
  });

  test('call() throws what the SDK throws for a failed condition', async () => {
    await update({});
    const failing = dynamo.call('PutItem', {
      TableName: 'rows',
      Item: Key,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await expect(failing).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await expect(failing).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      $fault: 'client',
      Item: Key,
    });
  });

  test('call() refuses a field that it does not emulate, by name', async () => {
    const query = dynamo.call('Scan', { TableName: 'rows', AttributesToGet: ['id'] });
    await expect(query).rejects.toMatchObject({ feature: 'Scan.AttributesToGet' });
  });

  test.each([{ ttl: 'maybe' }, { tll: 'on' }])('new MemoryDynamo(%o) is refused', (options) => {
    expect(() => new MemoryDynamo(options as object)).toThrow(InvalidInputError);
  });

  test('call() without an input is a request without members', async () => {
    const { TableNames } = await dynamo.call('ListTables', undefined as never);
    expect(TableNames).toEqual(['rows']);
  });

  test('batches answer by table, of whatever name', async () => {
    const TableName = dynamo.createTable({ ...table, name: '__proto__' });
    const RequestItems = { [TableName]: [{ PutRequest: { Item: Key } }] };
    await dynamo.call('BatchWriteItem', { RequestItems });
    const asked = { RequestItems: { [TableName]: { Keys: [Key] } } };
    const { Responses = {}, UnprocessedKeys } = await dynamo.call('BatchGetItem', asked);
    expect(Object.entries(Responses)).toEqual([[TableName, [Key]]]);
    expect(Object.entries(UnprocessedKeys ?? {})).toEqual([]);
  });

  test('a projection that finds nothing is an empty item, and none in a transaction', async () => {
    await dynamo.call('PutItem', { TableName: 'rows', Item: Key });
    const Get = { TableName: 'rows', Key, ProjectionExpression: 'v' };
    expect(await dynamo.call('GetItem', Get)).toMatchObject({ Item: {} });
    const TransactItems = [{ Get }, { Get: { ...Get, Key: { ...Key, sk: { N: '2' } } } }];
    const { Responses } = await dynamo.call('TransactGetItems', { TransactItems });
    expect(Responses).toEqual([{}, {}]);
  });

  test('call() updates with arithmetic that is exact to 38 digits', async () => {
    const n = { N: '12345678901234567890123456789012345678' };
    await update({
      UpdateExpression: 'SET n = :n',
      ExpressionAttributeValues: { ':n': n },
    });
    const after = await update({
      UpdateExpression: 'SET n = n + :one ADD c :one, #s :s',
      ExpressionAttributeNames: { '#s': 'set' },
      ExpressionAttributeValues: { ':one': { N: '1' }, ':s': { SS: ['x'] } },
    });
    expect(after).toEqual({
      ...Key,
      n: { N: '12345678901234567890123456789012345679' },
      c: { N: '1' },
      set: { SS: ['x'] },
    });
  });

  test('call() shares nothing with the caller, neither on the way in nor on the way out', async () => {
    const item = { ...Key, list: { L: [{ S: 'x' }] } };
    await dynamo.call('PutItem', { TableName: 'rows', Item: item });
    item.list.L.push({ S: 'y' });
    dynamo.rows('rows')[0]?.list?.L?.push({ S: 'z' });
    expect(dynamo.rows('rows')[0]?.list).toEqual({ L: [{ S: 'x' }] });
  });

  test('call() of an aborted signal applies nothing', async () => {
    const put = dynamo.call(
      'PutItem',
      { TableName: 'rows', Item: Key },
      { signal: AbortSignal.abort() },
    );
    await expect(put).rejects.toMatchObject({ name: 'AbortError' });
    expect(dynamo.rows('rows')).toEqual([]);
  });
});
