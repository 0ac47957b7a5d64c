import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Answer } from '../test/answering.js';
import type { Item } from './transport.js';
import { type Codec, jsonCodec } from './attributes.js';
import { changeValue } from './change-value.js';
import type { ChangeOptions } from './value-options.js';
import { documentCodec } from './document-codec.js';

const key = { key: { S: 'a' } };
const names = { data: 'data', version: 'version', expiresAt: 'expiresAt' };
const nowMs = 1_700_000_000_000;

function row(data: unknown, version?: string, expiresAt?: number): Item {
  return {
    ...key,
    data: { S: JSON.stringify(data) },
    ...(version !== undefined && { version: { S: version } }),
    ...(expiresAt !== undefined && { expiresAt: { N: String(expiresAt) } }),
  };
}

function refusal(item?: Item): Error {
  return sdkError('ConditionalCheckFailedException', item && { Item: item });
}

interface Update {
  ConditionExpression: string;
  ExpressionAttributeValues: { ':data': { S: string }; ':id': { S: string } } & Item;
  UpdateExpression: string;
}

function setUp(
  answer: Answer,
  codec: Codec = jsonCodec,
): {
  transport: Answering;
  clock: ManualClock;
  updates: () => Update[];
  change: (change: (current: never) => unknown, options?: ChangeOptions) => Promise<unknown>;
} {
  const transport = new Answering(answer);
  const clock = new ManualClock({ nowMs });
  const target = { transport, tableName: 't', key, names, codec, clock, callerKey: 'displayKey a' };
  return {
    transport,
    clock,
    updates: () =>
      transport.requests
        .filter(({ operation }) => operation === 'UpdateItem')
        .map(({ input }) => input as Update),
    change: (change, options = {}) =>
      clock.drive(
        changeValue(
          { ...target, random: seededRandom(1) },
          change as (current: unknown) => unknown,
          options,
        ),
      ),
  };
}

/** Answers reads with `stored`, and each write with the next of `writes`: an error, or success. */
function scripted(stored: Item | undefined, ...writes: (Error | undefined)[]): Answer {
  let next = 0;
  return ({ operation }) => {
    if (operation === 'GetItem') return { Item: stored };
    const error = writes[next++];
    if (error !== undefined) throw error;
    return {};
  };
}

const increment = (current: number | undefined): number => (current ?? 0) + 1;

describe('changeValue()', () => {
  it('reads consistently and writes where there was nothing', async () => {
    const { transport, change, updates } = setUp(scripted(undefined));
    expect(await change(increment)).toBe(1);
    expect(transport.requests[0]).toMatchObject({
      operation: 'GetItem',
      input: { TableName: 't', Key: key, ConsistentRead: true },
    });
    expect(transport.operations).toEqual(['GetItem', 'UpdateItem']);
    expect(updates()[0]).toMatchObject({
      ConditionExpression: expect.stringMatching(
        /^\(attribute_not_exists\(#data\) OR #expiresAt <= :now\) AND /,
      ) as string,
      ExpressionAttributeValues: { ':data': { S: '1' } },
    });
  });

  it('writes on the version that it read, with an id of its own', async () => {
    const { change, updates } = setUp(scripted(row(1, 'v1')));
    expect(await change(increment)).toBe(2);
    expect(updates()[0]?.ExpressionAttributeValues).toMatchObject({
      ':read': { S: 'v1' },
      ':id': { S: expect.stringMatching(/^[\w-]{12}$/) as string },
    });
  });

  it('writes on the data that it read where the original left no version', async () => {
    const { change, updates } = setUp(scripted(row(1)));
    await change(increment);
    expect(updates()[0]?.ExpressionAttributeValues[':read']).toEqual({ S: '1' });
  });

  it('starts over on an expired value, and keeps the expiry of a living one', async () => {
    const expired = setUp(scripted(row(5, 'v1', nowMs / 1000)));
    expect(await expired.change(increment)).toBe(1);
    expect(expired.updates()[0]?.UpdateExpression).toMatch(/ REMOVE #expiresAt$/);

    const alive = setUp(scripted(row(5, 'v1', nowMs / 1000 + 1)));
    expect(await alive.change(increment)).toBe(6);
    expect(alive.updates()[0]?.UpdateExpression).not.toMatch(/#expiresAt/);
  });

  it.each([
    ['undefined', () => undefined],
    ['what is stored', (current: object) => ({ ...current })],
  ])('sends no write when the change returns %s', async (_, same) => {
    const { transport, change } = setUp(scripted(row({ a: 1 }, 'v1')));
    expect(await change(same as (current: never) => unknown)).toEqual({ a: 1 });
    expect(transport.operations).toEqual(['GetItem']);
  });

  it('refuses a change in place that returns nothing, as nothing would be stored', async () => {
    const { transport, change } = setUp(scripted(row([1], 'v1')));
    const push = (list: number[]): void => void list.push(2);
    await expect(change(push)).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(change((list: number[]) => void (list[0] = Number.NaN))).rejects.toMatchObject({
      code: 'InvalidInput',
    });
    expect(transport.operations).toEqual(['GetItem', 'GetItem']);
  });

  it('answers what the codec brings back', async () => {
    const { change } = setUp(scripted(undefined));
    const at = new Date(0);
    expect(await change(() => ({ at, left: undefined }))).toEqual({ at: at.toISOString() });
  });

  it('sees a change that was made in place', async () => {
    const { change, updates } = setUp(scripted(row([1], 'v1')));
    await change((list: number[]) => {
      list.push(2);
      return list;
    });
    expect(updates()[0]?.ExpressionAttributeValues[':data']).toEqual({ S: '[1,2]' });
  });

  it('writes a new expiry though the value is the same', async () => {
    const { transport, change } = setUp(scripted(row(1, 'v1')));
    await change(() => 1, { ttlSeconds: 60 });
    expect(transport.operations).toEqual(['GetItem', 'UpdateItem']);
  });

  it('takes nested binaries for the same, whatever class they are of', async () => {
    const stored = { ...key, data: { M: { b: { B: new Uint8Array([97]) } } } };
    const { transport, change } = setUp(scripted(stored), documentCodec);
    await change(() => ({ b: Buffer.from('a') }));
    expect(transport.operations).toEqual(['GetItem']);
    await change(() => ({ b: Buffer.from('b') }));
    expect(transport.operations).toEqual(['GetItem', 'GetItem', 'UpdateItem']);
  });

  it('stores a native value where there is none', async () => {
    const { transport, change } = setUp(scripted(undefined), documentCodec);
    await change(() => ({ a: 1 }));
    expect(transport.operations).toEqual(['GetItem', 'UpdateItem']);
  });

  it('computes from the existing row, without reading again', async () => {
    const { transport, change, updates } = setUp(scripted(row(1, 'v1'), refusal(row(7, 'v2'))));
    expect(await change(increment)).toBe(8);
    expect(transport.operations).toEqual(['GetItem', 'UpdateItem', 'UpdateItem']);
    expect(updates()[1]?.ExpressionAttributeValues[':read']).toEqual({ S: 'v2' });
  });

  it('steps back and reads again after the second conflict', async () => {
    const conflict = refusal(row(7, 'v2'));
    const { transport, change, clock } = setUp(scripted(row(1, 'v1'), conflict, conflict));
    await change(increment);
    expect(transport.operations).toEqual([
      'GetItem',
      'UpdateItem',
      'UpdateItem',
      'GetItem',
      'UpdateItem',
    ]);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });

  it('gives up after attemptsMax with the displayKey and the count', async () => {
    const conflicts = Array<Error>(5).fill(refusal(row(7, 'v2')));
    const { change, updates } = setUp(scripted(row(1, 'v1'), ...conflicts));
    await expect(change(increment, { attemptsMax: 3 })).rejects.toMatchObject({
      code: 'Conflict',
      key: 'displayKey a',
      attempts: 3,
    });
    expect(updates()).toHaveLength(3);
  });

  it('refuses a value that does not fit, and writes nothing', async () => {
    const { transport, change } = setUp(scripted(undefined));
    await expect(change(() => 'x'.repeat(500_000))).rejects.toMatchObject({
      code: 'ItemTooLarge',
      key: 'displayKey a',
    });
    await expect(change(() => Number.NaN)).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(transport.operations).not.toContain('UpdateItem');
  });

  it('passes on what the change throws', async () => {
    const error = new Error('no');
    const { transport, change } = setUp(scripted(undefined));
    await expect(change(() => Promise.reject(error))).rejects.toBe(error);
    expect(transport.operations).toEqual(['GetItem']);
  });
});

/** A row whose first write is applied, its response lost, and then changed `others` times. */
function appliedAndRepeated(others: number, hidden: boolean): Answer {
  let stored = row(1, 'v1');
  let writes = 0;
  return ({ operation, input }) => {
    if (operation === 'GetItem') return { Item: stored };
    const { ':data': data, ':id': id } = (input as Update).ExpressionAttributeValues;
    if (writes++ > 0) {
      stored = { ...stored, data, version: id };
      return {};
    }
    const ids = [...Array.from({ length: others }, (_, index) => `other${index}`), id.S];
    const older = ids.slice(1, 8).map((each, index) => [`v${index + 1}`, { S: each }]);
    stored = {
      ...stored,
      ...(Object.fromEntries(older) as Item),
      data: others === 0 ? data : { S: '100' },
      version: { S: ids[0] ?? '' },
    };
    throw refusal(hidden ? undefined : stored);
  };
}

describe.each([
  ['shows', false],
  ['hides', true],
])('changeValue() on an engine that %s the row', (_, hidden) => {
  it.each([0, 1, 7])('counts an own write once, %d later changes behind it', async (others) => {
    const { change, updates } = setUp(appliedAndRepeated(others, hidden));
    expect(await change(increment)).toBe(2);
    expect(updates()).toHaveLength(1);
  });

  it('is past its bound behind eight later changes', async () => {
    const { change, updates } = setUp(appliedAndRepeated(8, hidden));
    expect(await change(increment)).toBe(101);
    expect(updates()).toHaveLength(2);
  });
});
