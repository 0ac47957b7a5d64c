import type { CreateTableCommandInput, UpdateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from '../memory-dynamo.js';

const TableName = 'rows';
const key = (name: string, type: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType: type });
const attribute = (name: string, type: 'S' | 'N' = 'S') => ({
  AttributeName: name,
  AttributeType: type,
});
const definition: CreateTableCommandInput = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
  AttributeDefinitions: [attribute('sk', 'N'), attribute('pk')],
};
const index = (name: string, on: string) => ({
  Create: {
    IndexName: name,
    KeySchema: [key(on, 'HASH')],
    Projection: { ProjectionType: 'ALL' as const },
  },
});

describe('UpdateTable', () => {
  let memory: MemoryDynamo;

  beforeEach(async () => {
    memory = new MemoryDynamo();
    await memory.call('CreateTable', definition);
  });

  const update = (input: Omit<UpdateTableCommandInput, 'TableName'>) =>
    memory.call('UpdateTable', { TableName, ...input });

  async function defined(): Promise<string[]> {
    const { Table } = await memory.call('DescribeTable', { TableName });
    return (Table?.AttributeDefinitions ?? []).map((each) => Object.values(each).join(' '));
  }

  test('keeps definitions in their order and adds those of a new index', async () => {
    await update({
      AttributeDefinitions: [attribute('by'), attribute('unused')],
      GlobalSecondaryIndexUpdates: [index('byBy', 'by')],
    });
    expect(await defined()).toEqual(['sk N', 'pk S', 'by S']);
    await update({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'byBy' } }] });
    expect(await defined()).toEqual(['sk N', 'pk S']);
  });

  test('an attribute keeps its type', async () => {
    const redefined = update({
      AttributeDefinitions: [attribute('sk', 'S')],
      GlobalSecondaryIndexUpdates: [index('bySk', 'sk')],
    });
    await expect(redefined).rejects.toThrow('Attributes cannot be redefined');
    expect(await defined()).toEqual(['sk N', 'pk S']);
  });

  test('the keys of a new index are defined along with it', async () => {
    const undefinedKey = update({ GlobalSecondaryIndexUpdates: [index('bySk', 'sk')] });
    await expect(undefinedKey).rejects.toThrow('Keys: [sk], AttributeDefinitions: []');
  });

  test('creates or deletes one index at a time, also in one element', async () => {
    const both = { ...index('first', 'sk'), Delete: { IndexName: 'second' } };
    const answer = update({
      AttributeDefinitions: [attribute('sk', 'N')],
      GlobalSecondaryIndexUpdates: [both],
    });
    await expect(answer).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  const many = (count: number, name: string): string[] =>
    Array.from({ length: count }, (_, at) => `${name}${at}`);

  test('adds no more global indexes than a table may have', async () => {
    for (const name of many(20, 'gsi')) {
      await update({
        AttributeDefinitions: [attribute('by')],
        GlobalSecondaryIndexUpdates: [index(name, 'by')],
      });
    }
    const one = update({
      AttributeDefinitions: [attribute('by')],
      GlobalSecondaryIndexUpdates: [index('one', 'by')],
    });
    await expect(one).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  test('asks for the throughput of an index where its table has some', async () => {
    const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
    await update({ BillingMode: 'PROVISIONED', ProvisionedThroughput });
    const adding = update({
      AttributeDefinitions: [attribute('by')],
      GlobalSecondaryIndexUpdates: [index('byBy', 'by')],
    });
    await expect(adding).rejects.toThrow('ProvisionedThroughput is required for index: byBy');
  });

  test('projects 100 attributes by name into all indexes together', async () => {
    const projecting = (name: string, names: string[]) =>
      update({
        AttributeDefinitions: [attribute('by')],
        GlobalSecondaryIndexUpdates: [
          {
            Create: {
              IndexName: name,
              KeySchema: [key('by', 'HASH')],
              Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: names },
            },
          },
        ],
      });
    for (const name of many(5, 'gsi')) await projecting(name, many(20, 'n'));
    await expect(projecting('one', ['n0'])).rejects.toThrow('exceeds per-table limit of 100');
  });

  test('deletion protection is there at once, and its refusal is that of DynamoDB', async () => {
    const { TableDescription } = await update({ DeletionProtectionEnabled: true });
    expect(TableDescription?.TableStatus).toBe('ACTIVE');
    await expect(memory.call('DeleteTable', { TableName })).rejects.toThrow(
      /Disable deletion protection first\.$/,
    );
  });
});

describe('CreateTable refuses', () => {
  const indexed = { KeySchema: [key('pk', 'HASH')], AttributeDefinitions: [attribute('pk')] };
  const local = {
    IndexName: 'local',
    KeySchema: [key('pk', 'HASH'), key('no', 'RANGE')],
    Projection: { ProjectionType: 'ALL' as const },
  };
  const projecting = (NonKeyAttributes: string[]) => ({
    IndexName: 'some',
    KeySchema: [key('pk', 'HASH')],
    Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes },
  });
  const units = { ReadCapacityUnits: 1_000_000_000_001, WriteCapacityUnits: 1 };

  test.each<[Partial<CreateTableCommandInput>, string]>([
    [
      { AttributeDefinitions: [attribute('pk')] },
      'Invalid KeySchema: Some index key attribute have no definition',
    ],
    [
      { AttributeDefinitions: [attribute('pk'), attribute('other')] },
      'Keys: [pk, sk], AttributeDefinitions: [pk, other]',
    ],
    [{ ...indexed, LocalSecondaryIndexes: [local] }, 'Table KeySchema does not have a range key'],
    [
      { BillingMode: 'PROVISIONED', ProvisionedThroughput: units },
      'Given value 1000000000001 for ReadCapacityUnits is out of bounds',
    ],
    [
      { KeySchema: [key('x'.repeat(256), 'HASH')], AttributeDefinitions: [attribute('x')] },
      "'keySchema.1.member.attributeName' failed to satisfy constraint: Member must have length less",
    ],
    [
      { GlobalSecondaryIndexes: [projecting(['x', 'x'])] },
      'Cannot have two attributes with the same name',
    ],
    [{ GlobalSecondaryIndexes: [projecting([''])] }, 'nonKeyAttributes.1.member'],
    [{ Tags: [{ Key: '', Value: 'v' }] }, "Value '' at 'tags.1.member.key'"],
    [{ Tags: [{ Key: 'k', Value: undefined }] }, "Value null at 'tags.1.member.value'"],
    [
      { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ...units, ReadCapacityUnits: 1.5 } },
      'NUMBER_VALUE cannot be converted to Long',
    ],
    [
      { KeySchema: undefined, AttributeDefinitions: undefined },
      "2 validation errors detected: Value null at 'keySchema'",
    ],
  ])('%o', async (change, message) => {
    const answer = new MemoryDynamo().call('CreateTable', { ...definition, ...change });
    await expect(answer).rejects.toThrow(message);
  });
});
