import { describe, expect, test } from 'vitest';

import {
  changeCount,
  countOnce,
  deleteCounter,
  getCounter,
  removeCounter,
  startOver,
  turnSets,
  type CounterChange,
} from './requests.js';

const valueNames = ['data', 'version'];
const address = { tableName: 'keys', key: { key: { S: 'n.a' } }, valueNames };
const nowMs = 1_700_000_000_900;
const plain: CounterChange = {
  verb: 'add',
  amount: 1n,
  from: { min: -10n, max: 10n },
  id: 'id1',
  expiresAt: undefined,
  renews: false,
};

const names = { '#count': 'count', '#cur': 'cur', '#prev': 'prev', '#expiresAt': 'expiresAt' };
const isAlive = '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)';

describe('changeCount()', () => {
  test('adds and remembers in one update, unless the row knows the id', () => {
    expect(changeCount(address, plain, nowMs)).toEqual({
      TableName: 'keys',
      Key: { key: { S: 'n.a' } },
      UpdateExpression: 'ADD #count :amount, #cur :ids',
      ConditionExpression:
        `NOT contains(#cur, :id) AND NOT contains(#prev, :id) AND ${isAlive}` +
        ' AND (attribute_not_exists(#count) OR #count BETWEEN :min AND :max)',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: {
        ':amount': { N: '1' },
        ':ids': { SS: ['id1'] },
        ':id': { S: 'id1' },
        ':now': { N: '1700000000' },
        ':min': { N: '-10' },
        ':max': { N: '10' },
      },
      ReturnValues: 'UPDATED_NEW',
    });
  });

  test('is the original increment with conditions when there is no id', () => {
    const input = changeCount(address, { ...plain, id: undefined }, nowMs);
    expect(input.UpdateExpression).toBe('ADD #count :amount');
    expect(input.ConditionExpression).toBe(
      `${isAlive} AND (attribute_not_exists(#count) OR #count BETWEEN :min AND :max)`,
    );
    expect(input.ExpressionAttributeNames).toEqual({
      '#count': 'count',
      '#expiresAt': 'expiresAt',
    });
  });

  test('demands a count where 0 may not be changed', () => {
    const input = changeCount(address, { ...plain, from: { min: 1n, max: 9n } }, nowMs);
    expect(input.ConditionExpression).toMatch(/ AND #count BETWEEN :min AND :max$/);
    expect(input.ConditionExpression).not.toContain('attribute_not_exists(#count)');
  });

  test.each([
    [false, 'SET #expiresAt = if_not_exists(#expiresAt, :expiresAt) ADD #count :amount, #cur :ids'],
    [true, 'SET #expiresAt = :expiresAt ADD #count :amount, #cur :ids'],
  ])('sets the expiry, which it renews: %s', (renews, expression) => {
    const input = changeCount(address, { ...plain, expiresAt: 1_800_000_000, renews }, nowMs);
    expect(input.UpdateExpression).toBe(expression);
    expect(input.ExpressionAttributeValues?.[':expiresAt']).toEqual({ N: '1800000000' });
  });

  test('sets a count whatever it is', () => {
    const input = changeCount(address, { ...plain, verb: 'set', amount: 7n }, nowMs);
    expect(input.UpdateExpression).toBe('SET #count = :amount ADD #cur :ids');
    expect(input.ConditionExpression).toBe(
      `NOT contains(#cur, :id) AND NOT contains(#prev, :id) AND ${isAlive}`,
    );
    expect(input.ExpressionAttributeValues).not.toHaveProperty(':min');
  });

  test('sends all 38 digits of a count', () => {
    const amount = 10n ** 38n - 1n;
    const input = changeCount(address, { ...plain, amount }, nowMs);
    expect(input.ExpressionAttributeValues?.[':amount']).toEqual({ N: '9'.repeat(38) });
  });
});

test('every write is for rows of the namespace, or of none, and claims them', () => {
  const owned = { ...address, owner: 'n' };
  const isOwned = '(attribute_not_exists(#ns) OR #ns = :ns)';
  const placeholders = {
    ExpressionAttributeNames: expect.objectContaining({ '#ns': 'ns' }),
    ExpressionAttributeValues: expect.objectContaining({ ':ns': { S: 'n' } }),
  };
  expect(changeCount(owned, plain, nowMs)).toMatchObject({
    UpdateExpression: 'SET #ns = :ns ADD #count :amount, #cur :ids',
    ConditionExpression: expect.stringContaining(isOwned),
    ...placeholders,
  });
  expect(startOver(owned, plain, nowMs)).toMatchObject({
    UpdateExpression: expect.stringContaining('#ns = :ns'),
    ConditionExpression: expect.stringContaining(isOwned),
    ...placeholders,
  });
  expect(deleteCounter(owned)).toMatchObject({
    ConditionExpression: `attribute_not_exists(#value) AND ${isOwned}`,
    ...placeholders,
  });
  expect(removeCounter(owned)).toMatchObject({
    ConditionExpression: `attribute_exists(#count) AND ${isOwned}`,
    ...placeholders,
  });
});

describe('startOver()', () => {
  test('sets the count, keeps the ids and takes out the expired value', () => {
    expect(startOver(address, { ...plain, amount: 3n }, nowMs)).toEqual({
      TableName: 'keys',
      Key: { key: { S: 'n.a' } },
      UpdateExpression: 'SET #count = :amount ADD #cur :ids REMOVE #gone0, #gone1, #expiresAt',
      ConditionExpression:
        'NOT contains(#cur, :id) AND NOT contains(#prev, :id) AND #expiresAt <= :now',
      ExpressionAttributeNames: { ...names, '#gone0': 'data', '#gone1': 'version' },
      ExpressionAttributeValues: {
        ':amount': { N: '3' },
        ':ids': { SS: ['id1'] },
        ':id': { S: 'id1' },
        ':now': { N: '1700000000' },
      },
      ReturnValues: 'UPDATED_NEW',
    });
  });

  test('sets the new expiry, whatever it counts from', () => {
    const input = startOver(address, { ...plain, expiresAt: 1_800_000_000 }, nowMs);
    expect(input.UpdateExpression).toBe(
      'SET #count = :amount, #expiresAt = :expiresAt ADD #cur :ids REMOVE #gone0, #gone1',
    );
  });

  test('remembers nothing where there is no id', () => {
    const input = startOver(address, { ...plain, id: undefined }, nowMs);
    expect(input.UpdateExpression).toBe('SET #count = :amount REMOVE #gone0, #gone1, #expiresAt');
    expect(input.ConditionExpression).toBe('#expiresAt <= :now');
  });
});

test('turnSets() puts the newer set in the place of the older one once it is full', () => {
  expect(turnSets(address, 25)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    UpdateExpression: 'SET #prev = #cur REMOVE #cur',
    ConditionExpression: 'size(#cur) >= :full',
    ExpressionAttributeNames: { '#cur': 'cur', '#prev': 'prev' },
    ExpressionAttributeValues: { ':full': { N: '25' } },
  });
});

describe('countOnce()', () => {
  const marker = { tableName: 'keys', key: { key: { S: 'n.#m' } }, expiresAt: 1_800_000_000 };
  const ofMarker = {
    Put: {
      TableName: 'keys',
      Item: { key: { S: 'n.#m' }, expiresAt: { N: '1800000000' } },
      ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
      ExpressionAttributeNames: { '#key': 'key', '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':now': { N: '1700000000' } },
    },
  };

  test.each([
    ['change', changeCount],
    ['new start', startOver],
  ])('joins a %s with its marker', (_, build) => {
    const input = build(address, { ...plain, id: undefined }, nowMs);
    const { ReturnValues, ...change } = input;
    expect(ReturnValues).toBe('UPDATED_NEW');
    expect(countOnce(input, marker, nowMs)).toEqual([
      { Update: { ...change, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
      ofMarker,
    ]);
  });
});

test('deleteCounter() spares a value, removeCounter() what has no counter', () => {
  expect(deleteCounter(address)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    ConditionExpression: 'attribute_not_exists(#value)',
    ExpressionAttributeNames: { '#value': 'data' },
  });
  expect(removeCounter(address)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    UpdateExpression: 'REMOVE #count, #cur, #prev',
    ConditionExpression: 'attribute_exists(#count)',
    ExpressionAttributeNames: { '#count': 'count', '#cur': 'cur', '#prev': 'prev' },
  });
});

test('getCounter() reads one row', () => {
  expect(getCounter(address, true)).toEqual({
    TableName: 'keys',
    Key: { key: { S: 'n.a' } },
    ConsistentRead: true,
  });
});
