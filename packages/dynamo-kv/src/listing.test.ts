import { runInNewContext } from 'node:vm';

import { S, type Codec, type DynamoTransport, type Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { KeyValueTable } from './key-value-table.js';

/** Answers one request after the other, as a transport does that speaks JSON: with `null`. */
function answering(answers: readonly object[]): { kv: KeyValueTable; sent: object[] } {
  const sent: object[] = [];
  const dynamo = {
    call: (_: string, input: object) => {
      const answer = answers[sent.push(input) - 1];
      return answer ? Promise.resolve(answer) : Promise.reject(new Error('one request too many'));
    },
  } as DynamoTransport;
  return { kv: new KeyValueTable({ dynamo, tableName: 'keys', namespace: 'n' }), sent };
}

/** What throws in a realm of its own, as under a test runner that gives each file one. */
const foreign = (): never => runInNewContext('throw new RangeError("foreign")') as never;

const row = (id: string, data = '1'): Item => ({ key: S(`n.${id}`), ns: S('n'), data: S(data) });
const json = { ConsumedCapacity: null, LastEvaluatedKey: null };

describe('answers with null for what is absent', () => {
  test('end a listing, a page and a stream', async () => {
    expect(await answering([{ ...json, Items: [row('a')], Count: 1 }]).kv.listAll()).toEqual({
      items: [['a', 1]],
    });
    const { kv } = answering([{ ...json, Items: null, Count: null, ScannedCount: null }]);
    const found = [];
    for await (const item of kv.streamAll(10)) found.push(item);
    expect(found).toEqual([]);
  });

  test('are absent values and finished batches', async () => {
    expect(await answering([{ Item: null }]).kv.get('a')).toBeUndefined();
    const absent = { Responses: null, UnprocessedKeys: null };
    expect(await answering([absent]).kv.getBatch(['a'])).toEqual([]);
    await answering([{ UnprocessedItems: null }]).kv.setBatch(['a']);
  });

  test.each([{}, { Count: null }, { Count: 0 }])(
    'has() is false where the answer is %j',
    async (answer) => {
      expect(await answering([answer]).kv.has('a')).toBe(false);
    },
  );
});

describe('listAll()', () => {
  test('leaves rows beyond its page alone: their errors belong to the next one', async () => {
    const { kv } = answering([{ Items: [row('a'), row('b'), row('c', 'no JSON')] }]);
    const failed: string[] = [];
    const page = await kv.listAll({ limit: 2, onError: (_, id) => failed.push(id) });
    expect(page.items.map(([id]) => id)).toEqual(['a', 'b']);
    expect(page.pagePointer).toBeDefined();
    expect(failed).toEqual([]);
  });

  test('hands an error of another realm to onError too', async () => {
    const codec: Codec = { encode: () => S(''), decode: foreign };
    const dynamo = { call: () => Promise.resolve({ Items: [row('a')] }) } as object;
    const kv = new KeyValueTable({
      dynamo: dynamo as DynamoTransport,
      tableName: 'keys',
      namespace: 'n',
      codec,
    });
    const failed: string[] = [];
    await kv.listAll({ onError: ({ message }, id) => failed.push(`${id}: ${message}`) });
    expect(failed).toEqual(['a: foreign']);
  });

  test('goes on after its own last item, not where DynamoDB stopped', async () => {
    const { kv, sent } = answering([
      { Items: [row('a')], LastEvaluatedKey: { key: S('other.SECRET') } },
      { Items: [] },
    ]);
    const { pagePointer } = await kv.listAll({ limit: 1 });
    expect(Buffer.from(pagePointer ?? '', 'base64url').toString()).not.toContain('SECRET');
    await kv.listAll({ limit: 1, pageItem: pagePointer });
    expect(sent[1]).toMatchObject({ ExclusiveStartKey: { key: S('n.a') } });
  });
});

describe('batches of a table that is named by its ARN', () => {
  const arn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/keys';

  test('find what DynamoDB answers under another name', async () => {
    const answers = [
      { Responses: { keys: [row('a')] }, UnprocessedKeys: { keys: { Keys: [{ key: S('n.b') }] } } },
      { Responses: { keys: [row('b')] } },
    ];
    const dynamo = {
      call: () => Promise.resolve(answers.shift() ?? {}),
    } as unknown as DynamoTransport;
    const kv = new KeyValueTable({ dynamo, tableName: arn, namespace: 'n' });
    expect(await kv.getMany(['a', 'b'])).toEqual([1, 1]);
  });
});

test.each<[string, (kv: KeyValueTable, rejects: () => Promise<never>) => Promise<unknown>]>([
  ['onProgress of listAll', (kv, onProgress) => kv.listAll({ onProgress, onError: () => 0 })],
  ['onProgress of ids', (kv, onProgress) => kv.ids({ onProgress }).next()],
  ['onProgress of clear', (kv, onProgress) => kv.clear({ onProgress })],
  ['onError of listAll', (kv, onError) => kv.listAll({ onError })],
])('%s is awaited: what it rejects with ends the call', async (_, run) => {
  const error = new Error('callback');
  const { kv } = answering([{ Items: [row('a', 'no JSON')] }, {}]);
  await expect(run(kv, () => Promise.reject(error))).rejects.toBe(error);
});
