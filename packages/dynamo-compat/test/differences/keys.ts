import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Dynamo } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';

import { KeyValueTableDao } from '../../src/index.js';
import { OriginalKeys } from '../original-keys.js';
import { answering } from './answering.js';
import type { Bench, Difference } from './bench.js';

interface Page {
  readonly items: readonly (readonly [id: string, value: unknown])[];
}

/** DynamoDB answers a batch in any order: here from z to a. */
function backwards(dynamo: Dynamo): Dynamo {
  const idOf = (row: { key?: { S?: string } }): string => row.key?.S ?? '';
  return answering(dynamo, 'BatchGetItem', (output) => {
    const Responses = Object.entries(output.Responses ?? {}).map(([table, rows]) => [
      table,
      rows.toSorted((a, b) => idOf(b).localeCompare(idOf(a))),
    ]);
    return { ...output, Responses: Object.fromEntries(Responses) };
  });
}

/** The ids of a page of a table with one key of `n`, one of `other.n` and one of no namespace. */
async function listed(
  { engine, client }: Bench,
  make: (props: { dynamo: Dynamo; tableName: string; namespace: string }) => {
    set(id: string, value: unknown): Promise<unknown>;
  },
  list: (tableName: string) => Promise<Page | undefined>,
): Promise<string[] | undefined> {
  const tableName = await engine.createTable(KeyValueTableDao);
  for (const namespace of ['n', 'other.n', '']) {
    await make({ dynamo: client, tableName, namespace }).set('a', 1);
  }
  return (await list(tableName))?.items.map(([id]) => id).toSorted();
}

function listedByOriginal(bench: Bench, namespace: string, keyContains?: string) {
  const make = (props: { dynamo: Dynamo; tableName: string; namespace: string }): OriginalKeys =>
    new OriginalKeys(props.dynamo, props.tableName, props.namespace);
  return listed(bench, make, (tableName) =>
    make({ dynamo: bench.client, tableName, namespace }).listAll(
      keyContains ? { keyContains } : {},
    ),
  );
}

function listedByOurs(bench: Bench, namespace: string) {
  return listed(
    bench,
    (props) => new KeyValueTable(props),
    (tableName) => new KeyValueTable({ dynamo: bench.client, tableName, namespace }).listAll(),
  );
}

/** The pointer to the second page of a table of two rows. */
async function pagePointer(
  { engine, client }: Bench,
  make: (props: { dynamo: DynamoDBClient; tableName: string; namespace: string }) => {
    set(id: string, value: unknown): Promise<unknown>;
    listAll(page: { limit: number; keyContains: string }): Promise<object | undefined>;
  },
): Promise<string> {
  const tableName = await engine.createTable(KeyValueTableDao);
  const table = make({ dynamo: client, tableName, namespace: 'n' });
  await table.set('a', 1);
  await table.set('b', 2);
  const page: { pagePointer?: unknown } =
    (await table.listAll({ limit: 1, keyContains: 'n.' })) ?? {};
  return typeof page.pagePointer;
}

/** Values and counters by key. */
export const keys: readonly Difference[] = [
  {
    was: [3, 2, 1],
    is: [2, 1, 3],
    original: async ({ their, client }) => {
      for (const [id, value] of Object.entries({ a: 1, b: 2, c: 3 })) {
        await their.keys().set(id, value);
      }
      return their.keys(backwards(client)).getBatch(['b', 'a', 'c']);
    },
    ours: async ({ our, client }) => {
      await our.keys().setBatch(Object.entries({ a: 1, b: 2, c: 3 }));
      return our.keys(backwards(client)).getBatch(['b', 'a', 'c']);
    },
  },
  {
    was: ['n.a', 'other.n.a'],
    is: ['a'],
    original: (bench) => listedByOriginal(bench, 'n', 'n.a'),
    ours: (bench) => listedByOurs(bench, 'n'),
  },
  {
    was: undefined,
    is: { items: [] },
    original: ({ their }) => their.keys().listAll({ keyContains: 'none of them' }),
    ours: ({ our }) => our.keys().listAll({ keyContains: 'none of them' }),
    compat: ({ moved }) => moved.keys().listAll({ keyContains: 'none of them' }),
  },
  {
    was: 'object',
    is: 'string',
    original: (bench) =>
      pagePointer(bench, (props) => new OriginalKeys(props.dynamo, props.tableName, 'n')),
    ours: (bench) => pagePointer(bench, (props) => new KeyValueTable(props)),
  },
  {
    was: 'ValidationException',
    is: ['a'],
    original: (bench) => listedByOriginal(bench, 'n'),
    ours: (bench) => listedByOurs(bench, 'n'),
  },
  {
    was: 0,
    is: 5,
    original: async ({ their }) => {
      await their.keys().incr('a', 5);
      await their.keys().set('a', 'value');
      return (await their.keys().counts(['a']))[0]?.count;
    },
    ours: async ({ our }) => {
      await our.counter().incr('a', 5);
      await our.keys().set('a', 'value');
      return our.counter().get('a');
    },
  },
  {
    was: ['a', 'n.a', 'other.n.a'],
    is: ['a'],
    original: (bench) => listedByOriginal(bench, '', 'a'),
    ours: (bench) => listedByOurs(bench, ''),
  },
  {
    was: 'ValidationException',
    is: 'InvalidInputError',
    original: ({ their }) => their.keys().set('a', undefined),
    ours: ({ our }) => our.keys().set('a', undefined),
  },
  {
    was: [undefined, undefined],
    is: [true, false],
    original: async ({ their, key }) => {
      await their.keys().set('a', 1);
      return [await their.keys().delete('a'), await their.partitions().delete(key)];
    },
    ours: async ({ our, key }) => {
      await our.keys().set('a', 1);
      return [await our.keys().delete('a'), await our.partitions().delete(key)];
    },
    compat: async ({ moved, key }) => {
      await moved.keys().set('a', 1);
      return [await moved.keys().delete('a'), await moved.partitions().delete(key)];
    },
  },
  {
    was: [{ id: 'b', count: 2 }, { id: 'c' }],
    is: [{ id: 'c' }, { id: 'b', count: 2 }],
    original: async ({ their }) => {
      await their.keys().incr('b', 2);
      return their.keys().counts(['c', 'b']);
    },
    ours: async ({ our }) => {
      await our.counter().incr('b', 2);
      return our.counter().get(['c', 'b']);
    },
  },
  {
    was: 0.5,
    is: 'InvalidInputError',
    original: ({ their }) => their.keys().incr('a', 0.5),
    ours: ({ our }) => our.counter().incr('a', 0.5),
    compat: ({ moved }) => moved.counter().incr('a', 0.5),
  },
];
