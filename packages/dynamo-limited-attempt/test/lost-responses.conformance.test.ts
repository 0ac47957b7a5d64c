import { describeOnEngines } from '@x/conformance';
import type { DynamoTransport } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, describe, expect, test } from 'vitest';

import { byName } from './algorithms.js';
import {
  LimitedAttempt,
  partitionedKeysTable,
  type CompoundKey,
  type ResetState,
} from '../src/index.js';

/** How many other changes a row may see until it forgets one. */
const remembered = 15;

describeOnEngines('A lost response', (engine) => {
  let tableName: string;
  let transport: DynamoTransport;
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
    transport = toTransport(engine.client());
  });

  function open(dynamo = transport): LimitedAttempt {
    return new LimitedAttempt({ dynamo, tableName, clock });
  }

  /** Loses the response of the first update, lets others go on, and sends it again. */
  function losing(between: () => Promise<void>): DynamoTransport {
    let isFirst = true;
    return {
      call: async (operation, input, options) => {
        const output = await transport.call(operation, input, options);
        if (operation !== 'UpdateItem' || !isFirst) return output;
        isFirst = false;
        await between();
        return transport.call(operation, input, options);
      },
    };
  }

  async function attemptBy(
    times: number,
    limits: Parameters<LimitedAttempt['attempt']>[1],
    key: Key,
  ): Promise<void> {
    for (let index = 0; index < times; index++) await open().attempt(key, limits);
  }

  describe.each(byName)('with %s', (_, algorithm) => {
    const limit = { attemptsMax: 50, validityTime: 3_600_000, algorithm };

    test('of an attempt: it is counted once, with 15 others in between', async () => {
      const key = freshKey();
      // So that a row is there and the attempt is its latest change.
      await open().attempt(key, limit, 'context');
      const dynamo = losing(() => attemptBy(remembered, limit, key));
      expect(await open(dynamo).attempt(key, limit)).toMatchObject({
        attempts: 1 + 1 + remembered,
        context: 'context',
      });
      expect(await open().peek(key, limit)).toMatchObject({ attempts: 1 + 1 + remembered });
    });

    test('of an attempt: it is counted twice at most, with 16 others in between', async () => {
      const key = freshKey();
      await open().attempt(key, limit);
      const dynamo = losing(() => attemptBy(remembered + 1, limit, key));
      await open(dynamo).attempt(key, limit);
      expect(await open().peek(key, limit)).toMatchObject({ attempts: 2 + remembered + 2 });
    });

    test('of the last attempt of a limit: it is admitted, and no other one', async () => {
      const key = freshKey();
      const limits = { ...limit, attemptsMax: 2 };
      await attemptBy(1, limits, key);
      const dynamo = losing(async () => {
        expect(await open().tryAttempt(key, limits)).toBeUndefined();
      });
      expect(await open(dynamo).tryAttempt(key, limits)).toMatchObject({ remaining: 0 });
    });

    test('of a refund: it gives back once, with 15 attempts in between', async () => {
      const key = freshKey();
      const dynamo = losing(() => attemptBy(remembered, limit, key));
      let isRefund = false;
      const switched: DynamoTransport = {
        call: (...call) => (isRefund ? dynamo.call(...call) : transport.call(...call)),
      };
      await attemptBy(1, limit, key);
      const attempt = await open(switched).attempt(key, limit);
      isRefund = true;
      expect(await attempt.refund()).toBe(true);
      expect(await open().peek(key, limit)).toMatchObject({ attempts: 1 + remembered });
    });

    test('of an attempt whose window is over since: it is not counted in the next', async () => {
      const key = freshKey();
      const limits = { attemptsMax: 3, validityTime: 1_000, algorithm };
      await open().attempt(key, limits, 'old');
      const dynamo = losing(async () => {
        await clock.advance(5_000);
        await open().attempt(key, limits, 'new');
      });
      const attempt = await open(dynamo).attempt(key, limits, 'mine');
      expect(attempt.context).toBe('mine');
      expect(await attempt.refund()).toBe(false);
      await attempt.clear();
      expect(await open().peek(key, limits)).toMatchObject({ attempts: 1, context: 'new' });
    });
  });

  test('of a clear: the attempts of the next window stay', async () => {
    const key = freshKey();
    const limit = { attemptsMax: 5, validityTime: 60_000 };
    let isFirst = true;
    const repeating: DynamoTransport = {
      call: async (operation, input, options) => {
        const output = await transport.call(operation, input, options);
        if (operation !== 'DeleteItem' || !isFirst) return output;
        isFirst = false;
        // In the very millisecond in which the cleared window began.
        await open().attempt(key, limit);
        return transport.call(operation, input, options);
      },
    };
    const attempt = await open(repeating).attempt(key, limit);
    await attempt.clear();
    expect(await open().peek(key, limit)).toMatchObject({ attempts: 1 });
  });
});

type Key = CompoundKey<string, ResetState>;

let keys = 0;

function freshKey(): Key {
  return { partition: 'login', namespace: 'attempts', sort: `user-${++keys}` };
}
