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
    [null as never],
  ])('refuses %j', (resource) => {
    expect(() => new MemoryDynamo().createTable(resource)).toThrow(InvalidInputError);
  });
});
