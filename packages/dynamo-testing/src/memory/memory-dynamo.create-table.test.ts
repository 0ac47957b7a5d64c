import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { dynamoTableName, InvalidInputError, keysTable, toCloudFormation } from '@x/dynamo-core';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { singleTable } from '../../test/single-table.js';
import { MemoryDynamo } from './memory-dynamo.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('createTable()', () => {
  test('names a table as the primitives look for it, where PARADOX_ENV is set', () => {
    const memory = new MemoryDynamo();
    vi.stubEnv('PARADOX_ENV', '');
    expect(memory.createTable(keysTable)).toBe('keys');
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(memory.createTable(keysTable)).toBe('paradox.dev.keys');
    expect(memory.rows(dynamoTableName('keys'))).toEqual([]);
    expect(memory.createTable(keysTable, 'mine')).toBe('mine');
  });

  test('takes a resource of a template as it stands', async () => {
    const memory = new MemoryDynamo();
    const TableName = memory.createTable(singleTable);
    const { Table } = await memory.call('DescribeTable', { TableName });
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('gsi1');
    expect(Table?.LocalSecondaryIndexes?.[0]?.IndexName).toBe('lsi1');
    const ttl = await memory.call('DescribeTimeToLive', { TableName });
    expect(ttl.TimeToLiveDescription).toEqual({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'ttl',
    });
    const tags = await memory.call('ListTagsOfResource', { ResourceArn: Table?.TableArn });
    expect(tags.Tags).toEqual([{ Key: 'stage', Value: '{"Ref":"Stage"}' }]);
  });

  test('takes an input of CreateTable, and does without its stream', async () => {
    const memory = new MemoryDynamo();
    const input: CreateTableCommandInput = {
      TableName: 'files',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'path', AttributeType: 'S' },
      ],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'paths',
          KeySchema: [{ AttributeName: 'path', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
          ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
        },
      ],
    };
    expect(memory.createTable(input)).toBe('files');
    expect(memory.createTable(input, 'more')).toBe('more');
    const { Table } = await memory.call('DescribeTable', { TableName: 'files' });
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('paths');
    expect(Table?.StreamSpecification).toBeUndefined();
    const seeded = { ...input, TableName: 'seeded', data: [] };
    expect(() => memory.createTable(seeded)).toThrow('data');
  });

  test('takes the resource that a package prints', () => {
    const memory = new MemoryDynamo();
    expect(memory.createTable(toCloudFormation(keysTable, 'printed'))).toBe('printed');
    expect(memory.createTable(toCloudFormation(keysTable), 'named')).toBe('named');
  });

  test.each([
    [{ Type: 'AWS::S3::Bucket', Properties: {} }],
    [{ Type: 'AWS::DynamoDB::Table' }],
    [{ ...singleTable, Properties: { KeySchema: [] } }],
    [{ ...singleTable, Properties: { TableName: { Ref: 'Name' }, KeySchema: [] } }],
    [{ ...singleTable, Properties: { TableName: 'rows', KeyShema: [] } }],
    [{ ...singleTable, Properties: { TableName: 'rows', Tags: { 'Fn::If': [] } } }],
    [{}],
    [{ name: 'users' }],
    [null as never],
  ])('refuses %j', (resource) => {
    expect(() => new MemoryDynamo().createTable(resource)).toThrow(InvalidInputError);
  });
});
