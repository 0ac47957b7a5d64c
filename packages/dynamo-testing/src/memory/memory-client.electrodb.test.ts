import { Entity, Service } from 'electrodb';
import { expect, test } from 'vitest';

import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';
import { singleTable } from '../../test/single-table.js';

function service() {
  const memory = new MemoryDynamo();
  const table = memory.createTable(singleTable);
  const client = memoryClient(memory);
  const task = new Entity(
    {
      model: { entity: 'task', version: '1', service: 'work' },
      attributes: {
        project: { type: 'string', required: true },
        id: { type: 'string', required: true },
        owner: { type: 'string', required: true },
        points: { type: 'number', default: 0 },
        tags: { type: 'set', items: 'string' },
      },
      indexes: {
        byProject: {
          pk: { field: 'pk', composite: ['project'] },
          sk: { field: 'sk', composite: ['id'] },
        },
        byOwner: {
          index: 'gsi1',
          collection: 'owned',
          pk: { field: 'gsi1pk', composite: ['owner'] },
          sk: { field: 'gsi1sk', composite: ['project', 'id'] },
        },
      },
    },
    { client, table },
  );
  return { memory, table, task, work: new Service({ task }, { client, table }) };
}

test('an entity of electrodb is written, updated and found by its indexes', async () => {
  const { task, work } = service();
  await task
    .put([
      { project: 'a', id: '1', owner: 'ann', points: 3, tags: ['x'] },
      { project: 'a', id: '2', owner: 'bob' },
      { project: 'b', id: '3', owner: 'ann' },
    ])
    .go();

  const { data: inProject } = await task.query.byProject({ project: 'a' }).go({ limit: 1 });
  expect(inProject.map(({ id }) => id)).toEqual(['1']);
  const { data: ofAnn } = await task.query.byOwner({ owner: 'ann' }).go({ pages: 'all' });
  expect(ofAnn.map(({ id }) => id)).toEqual(['1', '3']);

  const { data: updated } = await task
    .patch({ project: 'a', id: '1' })
    .set({ owner: 'bob' })
    .add({ points: 2, tags: ['y'] })
    .go({ response: 'all_new' });
  expect(updated).toMatchObject({ owner: 'bob', points: 5, tags: ['x', 'y'] });
  const owned = await work.collections.owned({ owner: 'bob' }).go();
  expect(owned.data.task.map(({ id }) => id)).toEqual(['1', '2']);
});

test('a condition and a transaction of electrodb hold', async () => {
  const { memory, table, task, work } = service();
  await task.create({ project: 'a', id: '1', owner: 'ann' }).go();
  const again = task.create({ project: 'a', id: '1', owner: 'bob' }).go();
  await expect(again).rejects.toThrow('The conditional request failed');

  const { canceled } = await work.transaction
    .write((entities) => [
      entities.task.create({ project: 'a', id: '1', owner: 'eve' }).commit(),
      entities.task.put({ project: 'a', id: '2', owner: 'eve' }).commit(),
    ])
    .go();
  expect(canceled).toBe(true);
  expect(memory.rows(table)).toHaveLength(1);
  await task.delete({ project: 'a', id: '1' }).go();
  expect(memory.rows(table)).toEqual([]);
});
