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

  const large = {
    Type: 'AWS::DynamoDB::GlobalTable',
    Condition: 'IsProd',
    DependsOn: ['Key'],
    Properties: {
      ...(singleTable.Properties as object),
      TableName: { 'Fn::Sub': '${AWS::StackName}-orders' },
      BillingMode: { 'Fn::If': ['IsProd', 'PROVISIONED', 'PAY_PER_REQUEST'] },
      DeletionProtectionEnabled: { 'Fn::If': ['IsProd', true, false] },
      MultiRegionConsistency: 'EVENTUAL',
      GlobalSecondaryIndexes: [
        {
          IndexName: 'gsi1',
          KeySchema: [{ AttributeName: 'gsi1pk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
          ProvisionedThroughput: { ReadCapacityUnits: { Ref: 'Reads' } },
        },
        {
          IndexName: 'gsi2',
          KeySchema: [{ AttributeName: 'gsi1sk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      Replicas: [{ Region: { Ref: 'AWS::Region' }, Tags: [] }],
      SSESpecification: { SSEEnabled: true, KMSMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } },
      Tags: [
        { Key: 'team', Value: { 'Fn::Join': ['-', ['a'.repeat(300), { Ref: 'Team' }]] } },
        { Key: { Ref: 'TagName' }, Value: 'shop' },
      ],
    },
  };

  test('takes functions of a template where they change nothing in a test', async () => {
    const memory = new MemoryDynamo();
    const TableName = memory.createTable(large, 'orders');
    const { Table } = await memory.call('DescribeTable', { TableName });
    const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName);
    expect(indexes).toEqual(['gsi1', 'gsi2']);
    await memory.call('DeleteTable', { TableName });
  });

  const [index] = large.Properties.GlobalSecondaryIndexes;
  const Ref = 'Parameter';

  test.each<[path: string, properties: object]>([
    ['TableName', { TableName: { 'Fn::Sub': '${AWS::StackName}' } }],
    ['KeySchema', { KeySchema: { 'Fn::If': [] } }],
    ['KeySchema[0].AttributeName', { KeySchema: [{ AttributeName: { Ref }, KeyType: 'HASH' }] }],
    ['AttributeDefinitions[0]', { AttributeDefinitions: [{ 'Fn::If': [] }] }],
    ['GlobalSecondaryIndexes', { GlobalSecondaryIndexes: { 'Fn::If': [] } }],
    ['GlobalSecondaryIndexes[1]', { GlobalSecondaryIndexes: [index, { 'Fn::If': [] }] }],
    [
      'GlobalSecondaryIndexes[0].IndexName',
      { GlobalSecondaryIndexes: [{ ...index, IndexName: { 'Fn::Sub': 'by-${Name}' } }] },
    ],
    [
      'TimeToLiveSpecification.Enabled',
      { TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: { Ref } } },
    ],
  ])('refuses by its path what only the template knows: %s', (field, properties) => {
    const Properties = { ...large.Properties, TableName: 'orders', ...properties };
    expect(() => new MemoryDynamo().createTable({ ...large, Properties })).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', field }),
    );
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
    [
      {
        name: 'users',
        partitionKey: { name: 'id', type: 'S' },
        sortkey: { name: 'at', type: 'N' },
      },
    ],
    [{ name: 'users', partitionKey: { name: 'id', type: 'BOOL' } }],
    [
      {
        ...singleTable,
        Properties: {
          ...(singleTable.Properties as object),
          TimeToLiveSpecification: { Enabled: true },
        },
      },
    ],
    [null as never],
  ])('refuses %j', (resource) => {
    expect(() => new MemoryDynamo().createTable(resource)).toThrow(InvalidInputError);
  });
});
