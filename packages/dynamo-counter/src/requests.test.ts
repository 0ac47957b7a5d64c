import { describe, expect, test } from 'vitest';

import { S } from '@x/dynamo-core';

import { owned, target } from '../test/counter-target.js';
import { idRegisters } from './counter-row.js';
import { deleteCounter, removeCounter } from './count-rows.js';
import { changeId } from './marked-change.js';
import { startOver } from './refused-change.js';
import { changeCount, type CounterChange } from './requests.js';

const now = { nowMs: 1_700_000_000_900, expiresAt: undefined };
const withTtl = { ...now, expiresAt: 1_800_000_000 };
const plain: CounterChange = {
  verb: 'add',
  amount: 1n,
  from: { counts: { min: -10n, max: 10n }, orNone: true },
  id: { id: 'id1', entry: 'id1' },
  renews: false,
};

const [, ...older] = idRegisters;
const shift = [
  '#newest = :id',
  ...older.map((name, n) => `${name} = if_not_exists(${n === 0 ? '#newest' : `c${n}`}, :none)`),
].join(', ');
const isNew = `NOT :id IN (#newest, ${older.join(', ')})`;
const isPlain = 'attribute_not_exists(kind)';
const hasRoom = '(attribute_not_exists(#expiresAt) OR attribute_exists(#count))';
const isAlive = 'NOT #expiresAt <= :now';
const inRange = '(attribute_not_exists(#count) OR #count BETWEEN :min AND :max)';
const names = { '#count': 'count', '#expiresAt': 'expiresAt', '#newest': 'c0' };

describe('changeCount()', () => {
  test('adds and remembers in one update, unless the row knows the id', () => {
    expect(changeCount(target, { ...plain, ...now })).toEqual({
      TableName: 'keys',
      Key: { key: { S: 'n.a' } },
      UpdateExpression: `SET ${shift} ADD #count :amount, whole :amount`,
      ConditionExpression: [isNew, isPlain, hasRoom, isAlive, inRange].join(' AND '),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: {
        ':amount': { N: '1' },
        ':id': { S: 'id1' },
        ':none': { S: '' },
        ':now': { N: '1700000000' },
        ':min': { N: '-10' },
        ':max': { N: '10' },
      },
      ReturnValues: 'UPDATED_NEW',
    });
  });

  test('asks for a token with whatever it was used for', () => {
    const id = changeId('m', 'add', 1n);
    const input = changeCount(target, { ...plain, id, ...now });
    expect(input.ConditionExpression).toContain('NOT (begins_with(#newest, :token) OR ');
    expect(input.ConditionExpression).not.toContain(':id');
    expect(input.ExpressionAttributeValues).toMatchObject({
      ':token': S(id.id),
      ':id': S(id.entry),
    });
  });

  test('is the original increment with conditions when there is no id', () => {
    const input = changeCount(target, { ...plain, id: undefined, ...now });
    expect(input.UpdateExpression).toBe('ADD #count :amount, whole :amount');
    expect(input.ConditionExpression).toBe([isPlain, hasRoom, isAlive, inRange].join(' AND '));
    expect(input.ExpressionAttributeNames).toEqual({
      '#count': 'count',
      '#expiresAt': 'expiresAt',
    });
  });

  test('demands a count where 0 may not be changed', () => {
    const input = changeCount(target, {
      ...plain,
      from: { counts: { min: 1n, max: 9n }, orNone: false },
      ...now,
    });
    expect(input.ConditionExpression).toMatch(/ AND #count BETWEEN :min AND :max$/);
  });

  test.each([
    [false, '#expiresAt = if_not_exists(#expiresAt, :expiresAt)'],
    [true, '#expiresAt = :expiresAt'],
  ])('sets the expiry where there is no value, and renews it: %s', (renews, expression) => {
    const input = changeCount(target, { ...plain, renews, ...withTtl });
    expect(input.UpdateExpression).toBe(
      `SET ${shift}, ${expression} ADD #count :amount, whole :amount`,
    );
    expect(input.ConditionExpression).toContain('attribute_not_exists(#data) AND');
    expect(input.ExpressionAttributeNames).toEqual({ ...names, '#data': 'data' });
    expect(input.ExpressionAttributeValues?.[':expiresAt']).toEqual({ N: '1800000000' });
  });

  test('sets a count whatever it is', () => {
    const input = changeCount(target, {
      ...plain,
      verb: 'set',
      from: undefined,
      amount: 7n,
      ...now,
    });
    expect(input.UpdateExpression).toBe(`SET #count = :amount, whole = :amount, ${shift}`);
    expect(input.ConditionExpression).toBe([isNew, isPlain, hasRoom, isAlive].join(' AND '));
    expect(input.ExpressionAttributeValues).not.toHaveProperty(':min');
  });

  test('sends all 38 digits of a count', () => {
    const amount = 10n ** 38n - 1n;
    const input = changeCount(target, { ...plain, amount, ...now });
    expect(input.ExpressionAttributeValues?.[':amount']).toEqual({ N: '9'.repeat(38) });
  });

  test('makes a row of a window say so, and asks for it', () => {
    const input = changeCount({ ...target, kind: 'window' }, { ...plain, ...withTtl });
    expect(input.UpdateExpression).toContain('kind = :kind');
    expect(input.ConditionExpression).toContain('(attribute_not_exists(#count) OR kind = :kind)');
    expect(input.ExpressionAttributeValues?.[':kind']).toEqual(S('window'));
  });
});

test('every write is for rows of the namespace, or of none, and claims them', () => {
  const isOwned = '(attribute_not_exists(ns) OR ns = :ns)';
  const values = { ExpressionAttributeValues: expect.objectContaining({ ':ns': S('n') }) };
  expect(changeCount(owned, { ...plain, ...now })).toMatchObject({
    UpdateExpression: `SET ${shift}, ns = :ns ADD #count :amount, whole :amount`,
    ConditionExpression: expect.stringContaining(isOwned),
    ...values,
  });
  expect(deleteCounter(owned)).toMatchObject({
    ConditionExpression: expect.stringContaining(isOwned),
    ...values,
  });
  expect(removeCounter(owned)).toMatchObject({
    ConditionExpression: expect.stringContaining(isOwned),
    ...values,
  });
});

describe('startOver()', () => {
  const expired = {
    key: S('n.a'),
    data: S('1'),
    version: S('v'),
    v1: S('u'),
    r0: S('r'),
    attempts: { N: '1' },
    count: { N: '9' },
    c0: S('x'),
    ns: S('other'),
    kind: S('window'),
    expiresAt: { N: '1' },
  };

  test('sets the count and takes out all but the ids, of whichever namespace', () => {
    expect(startOver(owned, { ...plain, amount: 3n, ...now }, expired)).toEqual({
      TableName: 'keys',
      Key: { key: { S: 'n.a' } },
      UpdateExpression: `SET #count = :amount, whole = :amount, ${shift}, ns = :ns REMOVE #old0, #old1, #old2, #old3`,
      ConditionExpression: `${isNew} AND #expiresAt = :expired`,
      ExpressionAttributeNames: {
        ...names,
        '#old0': 'data',
        '#old1': 'attempts',
        '#old2': 'kind',
        '#old3': 'expiresAt',
      },
      ExpressionAttributeValues: {
        ':amount': { N: '3' },
        ':id': { S: 'id1' },
        ':none': { S: '' },
        ':ns': S('n'),
        ':expired': { N: '1' },
      },
      ReturnValues: 'UPDATED_NEW',
    });
  });

  test('sets the new expiry, whatever it counts from, and keeps what it sets', () => {
    const input = startOver({ ...target, kind: 'window' }, { ...plain, ...withTtl }, expired);
    expect(input.UpdateExpression).toBe(
      `SET #count = :amount, whole = :amount, ${shift}, kind = :kind, #expiresAt = :expiresAt REMOVE #old0, #old1`,
    );
  });

  test('remembers nothing where there is no id', () => {
    const row = { count: { N: '9' }, expiresAt: { N: '1' } };
    const input = startOver(target, { ...plain, id: undefined, ...now }, row);
    expect(input.UpdateExpression).toBe('SET #count = :amount, whole = :amount REMOVE #old0');
    expect(input.ConditionExpression).toBe('#expiresAt = :expired');
  });
});

test('deleteCounter() spares what is beside it, removeCounter() makes no row', () => {
  expect(deleteCounter(target)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    ConditionExpression: `attribute_not_exists(#key) OR (attribute_exists(#count) AND attribute_not_exists(#data) AND ${isPlain})`,
    ExpressionAttributeNames: { '#key': 'key', '#count': 'count', '#data': 'data' },
  });
  expect(removeCounter(target)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    UpdateExpression: `REMOVE #count, whole, ${idRegisters.join(', ')}`,
    ConditionExpression: `attribute_exists(#data) AND attribute_exists(#count) AND ${isPlain}`,
    ExpressionAttributeNames: { '#count': 'count', '#data': 'data' },
  });
});

test('the largest expressions stay within 4 KB and 300 operators', () => {
  const largest = { ...owned, kind: 'window' as const };
  for (const id of [plain.id, changeId('m', 'add', 1n)]) {
    const input = changeCount(largest, { ...plain, id, ...withTtl, isWhole: true });
    for (const text of [input.UpdateExpression, input.ConditionExpression]) {
      expect(text?.length).toBeLessThan(4096 / 3);
      expect(
        text?.match(/\b(AND|OR|NOT|IN|BETWEEN|begins_with|[a-z]+_exists)\b|[<=>]+/g)?.length ?? 0,
      ).toBeLessThan(100);
    }
  }
});
