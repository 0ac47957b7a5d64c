import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Answer } from '../test/answering.js';
import { N, S } from './attributes.js';
import type { Item } from './transport.js';
import { writeNow, writeValue, type ValueTarget, type Written, isAbsent } from './write-value.js';
import { valueRefusal } from './row-kinds.js';
import { isPresent, isUnchanged } from './value-conditions.js';
import { deleteValue, expectedValue } from './value-requests.js';

const nowMs = 1_700_000_000_000;
const key = { key: S('k') };
const names = { data: 'data', version: 'version', expiresAt: 'expiresAt' };
const change = { data: S('2'), version: 'me', expiry: {} };
const value = { ...key, data: S('1'), version: S('other') };
const expired = { ...value, expiresAt: N(nowMs / 1000), left: S('over') };

function targetOf(answer: Answer = () => ({})): ValueTarget & { readonly transport: Answering } {
  const transport = new Answering(answer);
  const clock = new ManualClock({ nowMs });
  return { transport, clock, tableName: 't', key, names, callerKey: 'k' };
}

/** Answers with these, one after the other: an item refuses the condition, `undefined` holds. */
function refusing(...items: readonly (Item | 'no row' | undefined)[]): Answer {
  return (_, index) => {
    const item = items[index];
    if (item === undefined) return { Attributes: value };
    throw sdkError('ConditionalCheckFailedException', item === 'no row' ? {} : { Item: item });
  };
}

describe('writeValue()', () => {
  const write = (target: ValueTarget, demand?: typeof isAbsent): Promise<Written> =>
    writeValue(target, { ...change, mayBeMissing: true }, demand, {});

  it('is set in one request', async () => {
    const target = targetOf();
    expect(await write(target)).toEqual({ isSet: true });
    expect(target.transport.operations).toEqual(['UpdateItem']);
  });

  it('is set where the existing row remembers an earlier send of it, also as not the newest', async () => {
    for (const mine of [{ version: S('me') }, { v3: S('me') }]) {
      const target = targetOf(refusing({ ...value, ...mine }));
      expect(await write(target, isPresent)).toEqual({ isSet: true });
    }
  });

  it('is refused by the existing row, which it hands out', async () => {
    const target = targetOf(refusing(value));
    expect(await write(target, isAbsent)).toEqual({ isSet: false, item: value });
    expect(target.transport.operations).toEqual(['UpdateItem']);
  });

  it('takes the place of what has expired, in a second request that is bound to it', async () => {
    const target = targetOf(refusing(expired));
    expect(await write(target, isAbsent)).toEqual({ isSet: true });
    const second = target.transport.requests[1]?.input as Record<string, unknown>;
    expect(second['ConditionExpression']).toMatch(/^#expiresAt = :expired AND /);
    expect(second['UpdateExpression']).toMatch(/ REMOVE #old0, #old1$/);
  });

  it('begins again where what has expired was replaced in between', async () => {
    const target = targetOf(refusing(expired, value, value));
    expect(await write(target, isAbsent)).toEqual({ isSet: false, item: value });
    expect(target.transport.operations).toHaveLength(3);
  });

  it('ends with a ConflictError where the row becomes another one each time', async () => {
    const target = targetOf(() => {
      throw sdkError('ConditionalCheckFailedException', { Item: expired });
    });
    await expect(write(target)).rejects.toMatchObject({ code: 'Conflict', key: 'k', attempts: 8 });
  });

  it('throws a KeyCollisionError for another namespace, and for a count that expires', async () => {
    const owned = {
      ...targetOf(refusing({ ...value, ns: S('b') })),
      owner: { name: 'ns', value: 'a' },
    };
    await expect(write(owned)).rejects.toMatchObject({ code: 'KeyCollision' });
    const counted = targetOf(refusing({ ...key, count: N(1), expiresAt: N(nowMs / 1000 + 1) }));
    await expect(write(counted)).rejects.toMatchObject({ code: 'KeyCollision', key: 'k' });
  });

  it('counts its time to live from when it is sent', async () => {
    const target = targetOf();
    expect(writeNow(target, { ...change, expiry: { ttlSeconds: 60 } }).expiresAt).toBe(
      nowMs / 1000 + 60,
    );
    await (target.clock as ManualClock).advance(5_000);
    expect(writeNow(target, { ...change, expiry: { ttlSeconds: 60 } }).expiresAt).toBe(
      nowMs / 1000 + 65,
    );
  });
});

describe('deleteValue()', () => {
  it.each<[string, Item | undefined, boolean]>([
    ['a value', value, true],
    ['an expired value', expired, false],
  ])('answers for %s whether it was there', async (_, item, answer) => {
    const target = targetOf(() => ({ Attributes: item }));
    expect(await deleteValue(target, {})).toBe(answer);
    expect(target.transport.operations).toEqual(['DeleteItem']);
  });

  it('is false where there is none, or only a count', async () => {
    expect(await deleteValue(targetOf(refusing('no row')), {})).toBe(false);
    expect(await deleteValue(targetOf(refusing({ ...key, count: N(1) })), {})).toBe(false);
  });

  it('takes its part of a row with a count, and goes on where one of the two went meanwhile', async () => {
    const both = { ...value, count: N(1) };
    const target = targetOf(refusing(both, value, undefined));
    expect(await deleteValue(target, {})).toBe(true);
    expect(target.transport.operations).toEqual(['DeleteItem', 'UpdateItem', 'DeleteItem']);
  });

  it('ends with a ConflictError where the two change places each time', async () => {
    const target = targetOf(() => {
      throw sdkError('ConditionalCheckFailedException', { Item: { ...value, count: N(1) } });
    });
    await expect(deleteValue(target, {})).rejects.toMatchObject({ code: 'Conflict', attempts: 8 });
  });
});

describe('expectedValue()', () => {
  it('is the version of its token, without a request', async () => {
    const target = targetOf();
    expect(await expectedValue(target, 'id:a', {})).toEqual({ version: 'a' });
    expect(target.transport.operations).toEqual([]);
  });

  it('is what no row has, where the data of a row of the original have changed', async () => {
    const token = `data:${'x'.repeat(43)}`;
    const target = targetOf(() => ({ Item: { ...key, data: S('1') } }));
    expect(await expectedValue(target, token, {})).toEqual({ version: token });
    expect(target.transport.requests[0]?.input).toMatchObject({ ConsistentRead: true });
  });
});

describe('valueRefusal()', () => {
  const unchanged = (now: number): ReturnType<typeof isUnchanged> =>
    isUnchanged({ version: 'a' }, now);

  it.each([
    ['absent', undefined, undefined],
    ['expired', isAbsent, expired],
    ['refused', isAbsent, value],
    ['refused', unchanged, expired],
    ['refused', unchanged, undefined],
    ['refused', isPresent, { ...key, count: N(1) }],
  ])('is %s', (refusal, demand, item) => {
    expect(valueRefusal(targetOf(), change, demand, item)).toBe(refusal);
  });

  it('looks at the expiry by the name that the table has for it', () => {
    const { expiresAt, ...rest } = expired;
    const mapped = { ...targetOf(), names: { ...names, expiresAt: 'ttl' } };
    expect(valueRefusal(mapped, change, isAbsent, { ...rest, ttl: expiresAt })).toBe('expired');
  });
});
