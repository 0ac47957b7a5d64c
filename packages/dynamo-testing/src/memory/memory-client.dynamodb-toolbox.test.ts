import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Entity } from 'dynamodb-toolbox/entity';
import { DeleteItemCommand } from 'dynamodb-toolbox/entity/actions/delete';
import { GetItemCommand } from 'dynamodb-toolbox/entity/actions/get';
import { PutItemCommand } from 'dynamodb-toolbox/entity/actions/put';
import { $add, UpdateItemCommand } from 'dynamodb-toolbox/entity/actions/update';
import { item, number, string } from 'dynamodb-toolbox/schema';
import { Table } from 'dynamodb-toolbox/table';
import { QueryCommand } from 'dynamodb-toolbox/table/actions/query';
import { ScanCommand } from 'dynamodb-toolbox/table/actions/scan';
import { expect, test } from 'vitest';

import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';
import { singleTable } from '../../test/single-table.js';

test('an entity of dynamodb-toolbox is written, updated and found by its indexes', async () => {
  const memory = new MemoryDynamo();
  const table = new Table({
    documentClient: DynamoDBDocumentClient.from(memoryClient(memory)),
    name: memory.createTable(singleTable),
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      gsi1: {
        type: 'global',
        partitionKey: { name: 'gsi1pk', type: 'string' },
        sortKey: { name: 'gsi1sk', type: 'string' },
      },
      lsi1: { type: 'local', sortKey: { name: 'lsi1sk', type: 'string' } },
    },
  });
  const Task = new Entity({
    name: 'Task',
    table,
    schema: item({
      project: string().key().savedAs('pk'),
      id: string().key().savedAs('sk'),
      owner: string().savedAs('gsi1pk'),
      rank: string().savedAs('gsi1sk').optional(),
      state: string().savedAs('lsi1sk').optional(),
      points: number().default(0),
    }),
  });
  for (const values of [
    { id: '1', owner: 'ann', state: 'open', rank: '2' },
    { id: '2', owner: 'bob', state: 'done', rank: '1' },
    { id: '3', owner: 'ann' },
    { id: '4', owner: 'ann', rank: '1' },
  ]) {
    await Task.build(PutItemCommand)
      .item({ project: 'a', ...values })
      .send();
  }

  const { Items: ofAnn } = await table
    .build(QueryCommand)
    .query({ index: 'gsi1', partition: 'ann' })
    .entities(Task)
    .send();
  // Without its sort key an item is not in the index.
  expect(ofAnn?.map(({ id }) => id)).toEqual(['4', '1']);
  const { Items: byState } = await table
    .build(QueryCommand)
    .query({ index: 'lsi1', partition: 'a' })
    .options({ select: 'ALL_ATTRIBUTES' })
    .entities(Task)
    .send();
  expect(byState?.map(({ state }) => state)).toEqual(['done', 'open']);

  const updated = await Task.build(UpdateItemCommand)
    .item({ project: 'a', id: '1', points: $add(5) })
    .options({ returnValues: 'ALL_NEW' })
    .send();
  expect(updated.Attributes).toMatchObject({ points: 5, owner: 'ann' });
  const { Item } = await Task.build(GetItemCommand).key({ project: 'a', id: '1' }).send();
  expect(Item).toMatchObject({ points: 5, state: 'open' });

  await Task.build(DeleteItemCommand).key({ project: 'a', id: '2' }).send();
  const { Items } = await table.build(ScanCommand).entities(Task).send();
  expect(Items?.map(({ id }) => id).toSorted()).toEqual(['1', '3', '4']);
});
