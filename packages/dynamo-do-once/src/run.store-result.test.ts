import { runInNewContext } from 'node:vm';

import { S, type Codec } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, startMs } from '../test/test-setup.js';

let setup: TestSetup;

const unreadable: unknown = Object.defineProperty(new Error(), 'message', {
  get: () => {
    throw new Error('It cannot be asked');
  },
});

beforeEach(() => {
  setup = new TestSetup();
});

const never = (): Promise<unknown> => Promise.reject(new Error('It acted again'));

describe('storeResult', () => {
  test.each([
    ['an object', { sent: [1, null] }],
    ['false', false],
    ['null', null],
    ['an empty text', ''],
  ])('brings %s back to later callers', async (_, result) => {
    const options = { storeResult: true };
    await setup.open(options).doOnce('ann', 'mail', () => result);
    expect(setup.row()?.['result']).toEqual(S(JSON.stringify(result)));
    expect(await setup.open(options).doOnce('ann', 'mail', never)).toEqual({
      didAction: false,
      at: startMs,
      actionResponse: result,
    });
    const careless = await setup.open().doOnce('ann', 'mail', never);
    expect(careless).toEqual({ didAction: false, at: startMs });
  });

  test('of a call overrides the one of the manager', async () => {
    const manager = setup.open({ storeResult: true });
    await manager.doOnce('ann', 'a', () => 1, { storeResult: false });
    expect(setup.memory.rows('partitioned_keys')[0]).not.toHaveProperty('result');
    const native = { storeResult: documentCodec };
    await manager.doOnce('ann', 'mail', () => ({ tags: new Set(['a']) }), native);
    expect(setup.row()?.['result']).toEqual({ M: { tags: { SS: ['a'] } } });
    expect(await manager.doOnce('ann', 'mail', never, native)).toMatchObject({
      actionResponse: { tags: new Set(['a']) },
    });
  });

  test('stores nothing for undefined, and says nothing of it', async () => {
    const manager = setup.open({ storeResult: true });
    const answer = await manager.doOnce('ann', 'mail', () => undefined);
    expect(answer).toEqual({ didAction: true, actionResponse: undefined, at: startMs });
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
  });

  test.each([
    ['that the codec refuses', 5n, 'InvalidInputError'],
    ['that is too large', 'x'.repeat(409_600), 'ItemTooLargeError'],
  ])('a result %s leaves the work marked as done, and says so', async (_, result, name) => {
    const manager = setup.open({ storeResult: true });
    const answer = await manager.doOnce('ann', 'mail', () => result);
    expect(answer).toMatchObject({ didAction: true, actionResponse: result, at: startMs });
    expect(answer).toHaveProperty('resultNotStored', expect.objectContaining({ name }));
    expect(setup.sent).toEqual(['PutItem', 'PutItem']);
    expect(setup.warnings).toEqual([expect.stringContaining('Cannot store the result')]);
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
  });

  test('gives the first caller what the codec brings back, too', async () => {
    const result = { when: new Date(startMs) };
    const answers = [1, 2].map(() => setup.open({ storeResult: true }));
    for (const manager of answers) {
      const { actionResponse } = await manager.doOnce('ann', 'mail', () => result);
      expect(actionResponse).toEqual({ when: '2030-01-01T12:00:00.000Z' });
    }
  });

  test('a result that the codec cannot bring back is not stored', async () => {
    const forgetful: Codec = {
      encode: () => S('x'),
      decode: () => {
        throw new RangeError('lost');
      },
    };
    const answer = await setup.open({ storeResult: forgetful }).doOnce('ann', 'mail', () => 1);
    expect(answer).toMatchObject({ didAction: true, actionResponse: 1 });
    expect(answer).toHaveProperty('resultNotStored', new RangeError('lost'));
    expect(setup.row()).not.toHaveProperty('result');
  });

  test('a mark whose answer was lost keeps its result', async () => {
    const marks: unknown[] = [];
    setup.after = ({ input }) => {
      if ('Item' in input && input.Item?.['data'] && marks.push(input) === 1) {
        throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
      }
    };
    const answer = await setup.open({ storeResult: true }).doOnce('ann', 'mail', () => [1]);
    expect(answer).toEqual({ didAction: true, actionResponse: [1], at: startMs });
    expect(setup.row()?.['result']).toEqual(S('[1]'));
  });

  test.each(['ValidationException', 'SerializationException', 'AccessDeniedException', 'Error'])(
    'a result that DynamoDB refuses with a %s leaves the work marked as done',
    async (name) => {
      const refused = Object.assign(new Error('nested too deep'), { name });
      setup.before = ({ input }) => {
        if ('Item' in input && input.Item?.['result']) throw refused;
      };
      const answer = await setup.open({ storeResult: true }).doOnce('ann', 'mail', () => [1]);
      expect(answer).toMatchObject({ didAction: true, resultNotStored: refused });
      expect(setup.sent).toEqual(['PutItem', 'PutItem', 'PutItem']);
      expect(setup.row()).toMatchObject({ data: S(String(startMs)) });
    },
  );

  test('an error of the mark itself is not taken for one of the result', async () => {
    const refused = Object.assign(new Error('no'), { name: 'ValidationException' });
    setup.before = ({ input }) => {
      if ('Item' in input && input.Item?.['data']) throw refused;
    };
    await expect(setup.open().doOnce('ann', 'mail', () => 1)).rejects.toBe(refused);
    const storing = setup.open({ storeResult: true, onInProgress: 'throw' });
    await expect(storing.doOnce('ann', 'other', () => 1)).rejects.toBe(refused);
  });

  test('an error of another realm is told of as it is', async () => {
    const foreign = runInNewContext('new RangeError("foreign")') as Error;
    const codec: Codec = {
      encode: () => {
        throw foreign;
      },
      decode: () => 1,
    };
    const answer = await setup.open({ storeResult: codec }).doOnce('ann', 'mail', () => 1);
    expect(answer.didAction && answer.resultNotStored).toBe(foreign);
  });

  test('a codec that throws what is no error is told of with one', async () => {
    const rude: Codec = {
      encode: () => {
        // oxlint-disable-next-line typescript/only-throw-error -- what a codec of others may do
        throw 'no';
      },
      decode: () => 1,
    };
    const answer = await setup.open({ storeResult: rude }).doOnce('ann', 'mail', () => 1);
    expect(answer).toHaveProperty('resultNotStored', new Error('no', { cause: 'no' }));
  });

  test.each([
    ['an object without a prototype', Object.create(null)],
    ['a getter that throws', unreadable],
  ])('a codec that throws %s leaves the work marked', async (_, thrown: unknown) => {
    const rude: Codec = {
      encode: () => {
        throw thrown;
      },
      decode: () => 1,
    };
    const answer = await setup.open({ storeResult: rude }).doOnce('ann', 'mail', () => 1);
    expect(answer).toMatchObject({ didAction: true, resultNotStored: { cause: thrown } });
    expect(await setup.open().doOnce('ann', 'mail', never)).toMatchObject({ didAction: false });
  });

  test('a stored result that cannot be read is an error, not an absent one', async () => {
    await setup.put({ data: S('1'), result: S('{') });
    const reading = setup.open({ storeResult: true }).doOnce('ann', 'mail', never);
    await expect(reading).rejects.toMatchObject({ name: 'UnreadableRowError' });
  });
});
