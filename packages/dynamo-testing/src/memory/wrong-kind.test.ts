import { describe, expect, test } from 'vitest';

import { MemoryDynamo } from './memory-dynamo.js';

const valueMap = 'java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>';

describe('a member of another kind', () => {
  test.each([
    ['PutItem', { Item: { id: { S: 1 } } }, 'NUMBER_VALUE cannot be converted to String'],
    ['PutItem', { Item: { id: { S: true } } }, 'TRUE_VALUE cannot be converted to String'],
    ['PutItem', { Item: { id: { BOOL: 'x' } } }, 'Unexpected token received from parser'],
    ['PutItem', { Item: { id: { SS: 'a' } } }, 'Unexpected field type'],
    ['PutItem', { Item: { id: { SS: [1] } } }, 'NUMBER_VALUE cannot be converted to String'],
    ['PutItem', { Item: { id: 'a' } }, 'Unexpected value type in payload'],
    ['PutItem', { Item: [] }, `Unrecognized collection type ${valueMap}`],
    ['PutItem', { TableName: [] }, 'Unrecognized collection type class java.lang.String'],
    ['PutItem', { ExpressionAttributeNames: { '#a': 1 } }, 'NUMBER_VALUE cannot be converted to'],
    ['TransactWriteItems', { TransactItems: ['a'] }, 'Unexpected value type in payload'],
    ['BatchGetItem', { RequestItems: { rows: 'a' } }, 'Unexpected value type in payload'],
    ['CreateTable', { KeySchema: [1] }, 'Unexpected value type in payload'],
    [
      'CreateTable',
      { ProvisionedThroughput: { ReadCapacityUnits: 'x' } },
      'STRING_VALUE cannot be converted to Long',
    ],
    [
      'CreateTable',
      { LocalSecondaryIndexes: [{ Projection: { NonKeyAttributes: [1] } }] },
      'NUMBER_VALUE cannot be converted to String',
    ],
    ['PutItem', { Item: { id: { S: 'a\ud800' } } }, ''],
    ['PutItem', { Item: { id: { SS: ['a\udc00'] } } }, ''],
    ['PutItem', { Item: { 'a\ud800': { S: 'a' } } }, ''],
    ['ListTables', { Limit: 1.5 }, 'NUMBER_VALUE cannot be converted to Integer'],
  ] as const)('of %s %o is a SerializationException', async (operation, input, message) => {
    const answer = new MemoryDynamo().call(operation, { TableName: 'rows', ...input } as never);
    await expect(answer).rejects.toMatchObject({
      name: 'SerializationException',
      message: expect.stringContaining(message) as string,
    });
  });
});

// Of a JSON that a program puts together by hand.
test.each([
  ['CreateTable', { KeySchema: [null] }],
  ['CreateTable', { AttributeDefinitions: [null] }],
  ['CreateTable', { GlobalSecondaryIndexes: [null] }],
  ['CreateTable', { GlobalSecondaryIndexes: [{ KeySchema: [null] }] }],
  ['CreateTable', { Tags: [null] }],
  ['UpdateTable', { AttributeDefinitions: [null] }],
  ['UpdateTable', { GlobalSecondaryIndexUpdates: [null] }],
  [
    'TagResource',
    { ResourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/rows', Tags: [null] },
  ],
  ['TransactWriteItems', { TransactItems: [null] }],
  ['BatchGetItem', { RequestItems: { rows: null } }],
  ['BatchWriteItem', { RequestItems: { rows: null } }],
  ['BatchWriteItem', { RequestItems: { rows: [null] } }],
] as const)(
  'null in the place of a structure of %s %j is a ValidationException',
  async (operation, input) => {
    const memory = new MemoryDynamo();
    memory.createTable({ name: 'rows', partitionKey: { name: 'id', type: 'S' } });
    const named = /Table/.test(operation) ? { TableName: 'rows', ...input } : input;
    const answer = memory.call(operation, named as never);
    await expect(answer).rejects.toMatchObject({ name: 'ValidationException' });
  },
);
