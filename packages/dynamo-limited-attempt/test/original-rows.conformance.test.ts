import { BatchGetItemCommand, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';

import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type ResetState,
} from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);
const limit = { attemptsMax: 3, validityTime: 60_000 };

describeOnEngines('LimitedAttempt beside the original', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let sent: RecordedTransport;
  let limiter: LimitedAttempt;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
    sent = recorded(engine.client());
    limiter = new LimitedAttempt({ dynamo: sent, tableName, clock });
  });

  function keyOf(user: string): Item {
    return { partitionKey: { S: 'login' }, sortKey: { S: `attempts.${user}` } };
  }

  /** What the original's `get` sends, and how it reads the answer. */
  async function originalGet(user: string): Promise<ResetState | undefined> {
    const request = { RequestItems: { [tableName]: { Keys: [keyOf(user)] } } };
    const output = await engine.client().send(new BatchGetItemCommand(request));
    const data = output.Responses?.[tableName]?.[0]?.['data']?.S;
    return data === undefined ? undefined : (JSON.parse(data) as ResetState);
  }

  /** What the original's `set` sends: it replaces the row. */
  async function originalSet(user: string, state: ResetState): Promise<void> {
    const Item = { ...keyOf(user), data: { S: JSON.stringify(state) } };
    await engine.client().send(new PutItemCommand({ TableName: tableName, Item }));
  }

  /** An attempt as the original makes it: reads, then writes. `undefined` when it refuses. */
  async function originalAttempt(user: string, context?: string): Promise<number | undefined> {
    const state = await originalGet(user);
    const nowMs = clock.now();
    if (state === undefined || nowMs > state.created + limit.validityTime) {
      await originalSet(user, { created: nowMs, data: context, attempts: 1 });
      return 1;
    }
    if (state.attempts >= limit.attemptsMax) return undefined;
    await originalSet(user, { ...state, attempts: state.attempts + 1 });
    return state.attempts + 1;
  }

  function ours(user: string): ReturnType<typeof limiter.tryAttempt> {
    return limiter.tryAttempt({ partition: 'login', namespace: 'attempts', sort: user }, limit);
  }

  test('attempt() goes on with its window, count and context, in one request more', async () => {
    await originalAttempt('a', 'from the original');
    await originalAttempt('a');
    await clock.advance(59_999);
    expect(await ours('a')).toMatchObject({
      attempts: 3,
      context: 'from the original',
      resetAtMs: startMs + 60_000,
    });
    expect(sent.requests).toHaveLength(2);
    sent.clear();
    expect(await ours('a')).toBeUndefined();
    expect(sent.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await ours('a')).toMatchObject({ attempts: 1, context: undefined });
  });

  test.each([fixedWindow, alignedWindow, slidingLog, slidingCounter, tokenBucket])(
    'attempt() goes on with $name',
    async (algorithm) => {
      const key = { partition: 'login', namespace: 'attempts', sort: `by-${algorithm.name}` };
      await originalSet(key.sort, { created: startMs, data: undefined, attempts: 2 });
      const limits = { ...limit, algorithm };
      expect(await limiter.peek(key, limits)).toMatchObject({ attempts: 2, remaining: 1 });
      expect(await limiter.attempt(key, limits)).toMatchObject({ attempts: 3, remaining: 0 });
      expect(await limiter.tryAttempt(key, limits)).toBeUndefined();
    },
  );

  test('attempt() refuses what the original refuses, and leaves its row as it is', async () => {
    const state = { created: startMs, data: 'kept', attempts: 3 };
    await originalSet('full', state);
    expect(await ours('full')).toBeUndefined();
    expect(sent.requests).toHaveLength(1);
    expect(await engine.row(tableName, keyOf('full'))).toEqual({
      ...keyOf('full'),
      data: { S: JSON.stringify(state) },
    });
    await clock.advance(60_000);
    expect(await ours('full')).toMatchObject({ attempts: 1, context: undefined });
    expect(await originalGet('full')).toBeUndefined();
  });

  test('attempt() goes on with a context that was cut within an emoji', async () => {
    const key = { partition: 'login', namespace: 'attempts', sort: 'cut' };
    await originalSet('cut', { created: startMs, data: '\u{1F600}'.slice(0, 1), attempts: 1 });
    expect(await limiter.attempt(key, limit)).toMatchObject({ attempts: 2, context: '\uFFFD' });
    expect(await originalAttempt('cut')).toBe(3);
  });

  test('a block begins on a row of the original too', async () => {
    const key = { partition: 'login', namespace: 'attempts', sort: 'blocked' };
    await originalSet('blocked', { created: startMs, data: undefined, attempts: 3 });
    const limits = { ...limit, blockMs: 600_000 };
    expect(await limiter.tryAttempt(key, limits)).toBeUndefined();
    await clock.advance(599_999);
    await expect(limiter.attempt(key, limits)).rejects.toMatchObject({ retryAfterMs: 1 });
    await clock.advance(1);
    expect(await limiter.tryAttempt(key, limits)).toMatchObject({ attempts: 1 });
  });

  test('in turns, both together admit the limit', async () => {
    expect(await originalAttempt('turns')).toBe(1);
    expect(await ours('turns')).toMatchObject({ attempts: 2 });
    expect(await originalAttempt('turns')).toBe(3);
    expect(await ours('turns')).toBeUndefined();
    expect(await originalAttempt('turns')).toBeUndefined();
  });

  test('the original sees of ours what its own window had when we went on with it', async () => {
    await originalAttempt('seen');
    await ours('seen');
    expect(await originalGet('seen')).toEqual({ created: startMs, attempts: 2 });
    await ours('seen');
    expect(await originalGet('seen')).toEqual({ created: startMs, attempts: 2 });
    // A window of ours is none of the original's.
    await ours('new');
    expect(await originalGet('new')).toBeUndefined();
  });

  test('100 clients at once go on with one row of the original within the limit', async () => {
    const key = { partition: 'login', namespace: 'attempts', sort: 'many' };
    await originalSet('many', { created: startMs, data: undefined, attempts: 2 });
    const dynamo = recorded(engine.client());
    const attempts = Array.from({ length: 100 }, () =>
      new LimitedAttempt({ dynamo, tableName, clock }).tryAttempt(key, {
        attemptsMax: 5,
        validityTime: 60_000,
      }),
    );
    const results = await clock.drive(Promise.all(attempts), { busy: () => dynamo.inFlight > 0 });
    expect(results.filter(Boolean)).toHaveLength(3);
  });

  test("the original's clear deletes our row", async () => {
    await ours('cleared');
    await ours('cleared');
    const Key = keyOf('cleared');
    await engine.client().send(new DeleteItemCommand({ TableName: tableName, Key }));
    expect(await ours('cleared')).toMatchObject({ attempts: 1 });
  });

  test("clear() deletes the original's row, and no other value", async () => {
    await originalSet('to-clear', { created: startMs, data: undefined, attempts: 2 });
    const at = { partition: 'login', namespace: 'attempts', sort: 'to-clear' };
    await limiter.clear(at);
    expect(await engine.row(tableName, keyOf('to-clear'))).toBeUndefined();
    const row = { ...keyOf('to-clear'), data: { S: '5' } };
    await engine.putRow(tableName, row);
    await expect(limiter.clear(at)).rejects.toMatchObject({ name: 'UnreadableRowError' });
    expect(await engine.row(tableName, keyOf('to-clear'))).toEqual(row);
  });

  test('something else under the key is reported and left as it is', async () => {
    const row = { ...keyOf('other'), data: { S: '{"theme":"dark"}' } };
    await engine.putRow(tableName, row);
    const key = { partition: 'login', namespace: 'attempts', sort: 'other' };
    const error = { name: 'UnreadableRowError', key: 'login/attempts.other' };
    await expect(limiter.attempt(key, limit)).rejects.toMatchObject(error);
    await expect(limiter.peek(key, limit)).rejects.toMatchObject(error);
    expect(await engine.row(tableName, keyOf('other'))).toEqual(row);
  });
});
