import { stripVTControlCharacters } from 'node:util';

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Printer } from './printer.js';
import type { Scene } from './scene.js';
import { goOnTour } from './tour.js';

const Key = { id: { S: 'a' } };

async function tourOf(
  runs: readonly Scene['run'][],
  isVerbose = false,
): Promise<{ readonly printed: string; readonly failed: readonly string[] }> {
  const memory = new MemoryDynamo();
  memory.createTable({ name: 'people', partitionKey: { name: 'id', type: 'S' } });
  await memory.call('PutItem', { TableName: 'people', Item: { ...Key, v1: { S: 'id' } } });
  const lines: string[] = [];
  const printer = new Printer((line) => lines.push(stripVTControlCharacters(line)), { isVerbose });
  const client = (): DynamoDBClient => memory as unknown as DynamoDBClient;
  const scenes = runs.map((run, index) => ({ title: `Scene ${index}`, why: 'Why.', run }));
  const failed = await goOnTour(scenes, { client, endpoint: '' }, printer);
  return { printed: lines.join('\n'), failed };
}

const reading: Scene['run'] = async (show) => {
  await show(async () => {
    const { Item } = await show.dynamo.call('GetItem', { TableName: 'people', Key });
    return Item?.['id']; // (unbalanced in a comment is fine: "[")
  });
};
const writing: Scene['run'] = async (show) => {
  await show(() =>
    show.dynamo.call('UpdateItem', {
      TableName: 'people',
      Key,
      UpdateExpression: 'SET #n = :n REMOVE #o',
      ConditionExpression: 'attribute_exists(id)',
      ExpressionAttributeNames: { '#n': 'name', '#o': 'owner' },
      ExpressionAttributeValues: { ':n': { S: 'x' } },
    }),
  );
};

describe('goOnTour()', () => {
  it('prints the code as it stands in the source, the result, the request and its cost', async () => {
    const { printed } = await tourOf([reading]);
    expect(printed).toContain('1/1  Scene 0');
    expect(printed).toContain(
      "  > const { Item } = await show.dynamo.call('GetItem', { TableName: 'people', Key });\n    return",
    );
    expect(printed).toContain("returns { S: 'a' }  ← GetItem, 0.5 read units");
  });

  it('prints expressions and whole rows with isVerbose alone', async () => {
    const storing: Scene['run'] = (show) => show.row('people', Key);
    const expression = /SET name = :n\n +REMOVE owner\n +IF attribute_exists\(id\)/;
    const verbose = await tourOf([storing, writing], true);
    expect(verbose.printed).toMatch(expression);
    expect(verbose.printed).toMatch(/stored in people\n +id +\{ S: 'a' \}\n +v1 +\{ S: 'id' \}/);
    const short = await tourOf([storing, writing]);
    expect(short.printed).not.toMatch(expression);
    expect(short.printed).toContain('stored  id a · ids of writes 1 of 1');
  });

  it('sums repeats up', async () => {
    const { printed } = await tourOf([
      async (show) => {
        await show(() => ['attempt, admitted', ...Array(9).fill('attempt, refused')]);
      },
    ]);
    expect(printed).toContain('returns attempt, admitted; and 9 more, refused');
  });

  it('names the scenes that failed and goes on with the others', async () => {
    const { printed, failed } = await tourOf([
      () => Promise.reject(new Error('no luck')),
      async (show) => show.note('Still here.'),
    ]);
    expect(failed).toEqual(['Scene 0']);
    expect(printed).toContain('no luck');
    expect(printed).toContain('Still here.');
  });

  it('prints a refusal, and fails a scene whose refusal does not happen', async () => {
    const { printed, failed } = await tourOf([
      async (show) => void (await show.refused(() => Promise.reject(new TypeError('not this')))),
      async (show) => void (await show.refused(() => 1)),
    ]);
    expect(failed).toEqual(['Scene 1']);
    expect(printed).toContain("  > Promise.reject(new TypeError('not this'))");
    expect(printed).toContain('throws TypeError: not this');
  });
});
