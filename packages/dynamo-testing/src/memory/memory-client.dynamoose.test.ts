import { aws, model, Schema, Table, transaction } from 'dynamoose';
import { expect, test } from 'vitest';

import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';

const keys = {
  project: { type: String, hashKey: true },
  id: { type: String, rangeKey: true },
} as const;
const owned = {
  ...keys,
  owner: { type: String, index: { name: 'by-owner', type: 'global', rangeKey: 'id' } },
  points: Number,
} as const;

/** dynamoose calls the operations of the aggregated client. */
function connect(): MemoryDynamo {
  const memory = new MemoryDynamo();
  aws.ddb.set(memoryClient(memory));
  return memory;
}

test('a model of dynamoose creates its table with an index and queries it', async () => {
  const memory = connect();
  const Task = model('Task', new Schema(owned));
  const table = new Table('tasks', [Task]);
  await Task.batchPut([
    { project: 'a', id: '1', owner: 'ann', points: 1 },
    { project: 'a', id: '2', owner: 'bob', points: 2 },
    { project: 'b', id: '3', owner: 'ann', points: 3 },
  ] as never);
  const ofAnn = await Task.query('owner').eq('ann').using('by-owner').sort('descending').exec();
  expect(ofAnn.map((task) => Object(task).id as string)).toEqual(['3', '1']);
  const adding: unknown = Task.update({ project: 'a', id: '1' }, { $ADD: { points: 4 } } as never);
  await adding;
  expect(await Task.get({ project: 'a', id: '1' })).toMatchObject({ points: 5 });
  await transaction([
    Task.transaction.delete({ project: 'a', id: '2' }),
    Task.transaction.update({ project: 'b', id: '3' }, { owner: 'bob' } as never),
  ] as never);
  const { count } = await Task.scan('owner').eq('bob').exec();
  expect(count).toBe(1);
  expect(memory.rows(table.name)).toHaveLength(2);
});

test('a table of dynamoose gets an index by an update, with the items that there are', async () => {
  connect();
  const Before = model('Before', new Schema({ ...keys, owner: String }));
  expect(new Table('later', [Before]).name).toBe('later');
  await Before.create({ project: 'a', id: '1', owner: 'ann' });
  const After = model('After', new Schema(owned));
  expect(new Table('later', [After], { update: true }).name).toBe('later');
  await After.create({ project: 'a', id: '2', owner: 'ann' });
  const ofAnn = await After.query('owner').eq('ann').using('by-owner').exec();
  expect(ofAnn).toHaveLength(2);
});
