import { Table } from 'dynamodb-onetable';
import { Dynamo } from 'dynamodb-onetable/Dynamo';
import { expect, test } from 'vitest';

import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';

const schema = {
  format: 'onetable:1.1.0',
  version: '0.0.1',
  indexes: {
    primary: { hash: 'pk', sort: 'sk' },
    gs1: { hash: 'gs1pk', sort: 'gs1sk', project: 'all' },
    ls1: { type: 'local', sort: 'points', project: ['name'] },
  },
  models: {
    Task: {
      pk: { type: String, value: 'project#${project}' },
      sk: { type: String, value: 'task#${id}' },
      gs1pk: { type: String, value: 'owner#${owner}' },
      gs1sk: { type: String, value: 'task#${id}' },
      project: { type: String, required: true },
      id: { type: String, required: true },
      owner: { type: String, required: true },
      points: { type: Number, default: 0 },
      email: { type: String, unique: true },
    },
  },
  params: { isoDates: true, timestamps: true },
} as const;

test('a model of OneTable creates its table with indexes and keeps unique fields', async () => {
  const memory = new MemoryDynamo();
  const client = new Dynamo({ client: memoryClient(memory) });
  const table = new Table({ name: 'one', client, schema, partial: false, logger: false });
  await table.createTable();
  const Task = table.getModel('Task');
  for (const [id, owner] of [
    ['1', 'ann'],
    ['2', 'bob'],
    ['3', 'ann'],
  ] as const) {
    await Task.create({ project: 'a', id, owner, email: `${id}@example.com` });
  }
  const twice = Task.create({ project: 'a', id: '4', owner: 'eve', email: '1@example.com' });
  await expect(twice).rejects.toThrow(/unique/i);

  const ofAnn = await Task.find({ owner: 'ann' }, { index: 'gs1' });
  expect(ofAnn.map(({ id }) => id)).toEqual(['1', '3']);
  const first = await Task.find({ project: 'a' }, { limit: 1 });
  expect(first).toHaveLength(1);
  const next = await Task.find({ project: 'a' }, { limit: 2, next: first.next as never });
  expect(next.map(({ id }) => id)).toEqual(['2', '3']);
  await Task.update({ project: 'a', id: '1' }, { add: { points: 3 } });
  expect(await Task.get({ project: 'a', id: '1' })).toMatchObject({ points: 3 });
  expect(await Task.remove({ project: 'a', id: '2' })).toBeDefined();
  expect(await Task.scan({})).toHaveLength(2);
});
