import { InvalidInputError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from '../memory/memory-dynamo.js';
import { UnsupportedFeatureError } from '../memory/service-errors.js';
import { chaos, type Chaos, type ChaosOptions } from './chaos.js';

const TableName = 'counts';
const Key = { id: { S: 'a' } };
let memory: MemoryDynamo;

beforeEach(() => {
  memory = new MemoryDynamo();
  memory.createTable({ name: TableName, partitionKey: { name: 'id', type: 'S' } });
});

async function add(faulty: Chaos): Promise<void> {
  await faulty.call('UpdateItem', {
    TableName,
    Key,
    UpdateExpression: 'ADD hits :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });
}

async function run(options: ChaosOptions, calls = 60): Promise<{ log: string; rows: unknown }> {
  const own = new MemoryDynamo();
  own.createTable({ name: TableName, partitionKey: { name: 'id', type: 'S' } });
  const faulty = chaos(own, options);
  for (let call = 0; call < calls; call += 1) await add(faulty).catch(() => undefined);
  return { log: faulty.log(), rows: own.rows(TableName) };
}

const hits = (): number => Number(memory.rows(TableName)[0]?.['hits']?.N ?? 0);

describe('chaos()', () => {
  test('does the same for the same seed, and other things for another', async () => {
    const first = await run({ seed: 7 });
    expect(await run({ seed: 7 })).toEqual(first);
    expect((await run({ seed: 8 })).rows).not.toEqual(first.rows);
    expect(first.log).toMatch(/^seed 7\n\d+ UpdateItem: /);
  });

  test('log() begins with a seed that repeats the run by itself', async () => {
    const first = await run({ seed: 7, lostResponses: 0.3, lateCopies: 0.2 });
    const [line = ''] = first.log.split('\n');
    expect(line).toBe('seed 7 lostResponses=0.3 lateCopies=0.2');
    expect(await run({ seed: line.slice('seed '.length) })).toEqual(first);
  });

  test('a whole log is a seed of its run, also of one without any share', async () => {
    for (const options of [{ seed: 7, lateCopies: 0.4 }, { seed: 7 }, { seed: 7, silence: 0 }]) {
      const first = await run(options);
      expect(await run({ seed: first.log })).toEqual(first);
    }
  });

  test('log() says nothing of calls to which nothing happened', async () => {
    expect((await run({ seed: 7, lostResponses: 0 })).log).toBe('seed 7 lostResponses=0');
  });

  test('draws once for each call, whatever the operation', async () => {
    const faulty = chaos(memory, { seed: 7 });
    const places = async (call: () => Promise<unknown>): Promise<void> => {
      await call().catch(() => undefined);
    };
    for (let call = 0; call < 30; call += 1) {
      await places(() => (call % 2 ? add(faulty) : faulty.call('Scan', { TableName })));
    }
    const numbers = (log: string): string[] =>
      log
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0] as string);
    const { log } = await run({ seed: 7 }, 30);
    // Batches apart, what happens does not depend on what is called.
    expect(numbers(faulty.log())).toEqual(numbers(log));
  });

  test('a lost response was applied', async () => {
    const faulty = chaos(memory, { seed: 1, lostResponses: 1 });
    await expect(add(faulty)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(hits()).toBe(1);
  });

  test('shares of more than 1 together keep their parts', async () => {
    const { log } = await run({ seed: 1, lostResponses: 1, throttles: 1 }, 200);
    const lines = log.split('\n').slice(1);
    expect(lines).toHaveLength(200);
    const thrown = lines.filter((line) => line.endsWith('throttled')).length;
    expect(Math.abs(thrown - 100)).toBeLessThan(30);
  });

  test('partial batches leave other calls their share', async () => {
    const { log } = await run({ seed: 1, throttles: 1, partialBatches: 1 });
    expect(log.split('\n').slice(1)).toHaveLength(60);
    expect(log).not.toContain('unprocessed');
  });

  test('a lost response may have been a refusal, and never hides what is not emulated', async () => {
    const faulty = chaos(memory, { seed: 1, lostResponses: 1 });
    const refused = faulty.call('GetItem', { TableName: 'nowhere', Key });
    await expect(refused).rejects.toMatchObject({ code: 'ECONNRESET' });
    const unknown = faulty.call('GetItem', { TableName, Key, AttributesToGet: ['a'] });
    await expect(unknown).rejects.toThrow(UnsupportedFeatureError);
  });

  test('a late copy arrives within eight calls, as it was sent', async () => {
    const faulty = chaos(memory, { seed: 1, lateCopies: 1 });
    for (let call = 0; call < 9; call += 1) await add(faulty);
    expect(hits()).toBeGreaterThan(9);
    expect(faulty.log()).toMatch(/1 UpdateItem: again after [1-8]/);
  });

  test('a throttled call was not applied', async () => {
    const faulty = chaos(memory, { seed: 1, throttles: 1 });
    const name = 'ProvisionedThroughputExceededException';
    await expect(add(faulty)).rejects.toMatchObject({ name });
    expect(hits()).toBe(0);
  });

  test('a batch is processed in part, and the rest comes back', async () => {
    const faulty = chaos(memory, { seed: 2, partialBatches: 1 });
    const requests = Array.from({ length: 10 }, (_, index) => ({
      PutRequest: { Item: { id: { S: String(index) } } },
    }));
    const { UnprocessedItems } = await faulty.call('BatchWriteItem', {
      RequestItems: { [TableName]: requests },
    });
    const left = UnprocessedItems?.[TableName] ?? [];
    expect(left.length).toBeGreaterThan(0);
    expect(memory.rows(TableName)).toHaveLength(10 - left.length);
    await add(faulty); // no batch: nothing happens to it
    expect(faulty.log().split('\n')).toHaveLength(2);
  });

  test('silence ends with the signal alone', async () => {
    const faulty = chaos(memory, { seed: 1, silence: 1 });
    const reason = new Error('enough');
    const aborting = new AbortController();
    const waiting = faulty.call('GetItem', { TableName, Key }, { signal: aborting.signal });
    aborting.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test.each<ChaosOptions>([
    { seed: 1, throttles: 2 },
    { seed: 1, throttles: -0.1 },
    { seed: 'x' },
    { seed: 1.5 },
    { seed: 1, thottles: 1 } as ChaosOptions,
    { seed: 1, throttles: '0.5' as unknown as number },
    { seed: 1, throttles: true as unknown as number },
  ])('refuses %j', (options) => {
    expect(() => chaos(memory, options)).toThrow(InvalidInputError);
  });
});
