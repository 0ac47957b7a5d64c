import { describe, expect, it } from 'vitest';

import { isPresent, isUnchanged } from './value-conditions.js';
import { isAbsent, setValue } from './write-value.js';
import { ItemTooLargeError } from './write-errors.js';
import { isShort } from './attributes.js';
import { removeValue } from './get-or-set-requests.js';
import { replaceExpired, valueRow } from './refused-value.js';
import { isNewToken } from './row-kinds.js';
import { checkRowSize, countValue, deleteRow, fullRow } from './value-requests.js';

const names = { data: 'data', version: 'md5', expiresAt: 'expiresAt' };
const row = { tableName: 't', key: { key: { S: 'ns.a' } }, names };
const owned = { ...row, owner: { name: 'ns', value: 'ns' } };
const write = { data: { S: '1' }, version: 'v2', expiresAt: undefined };
const nowMs = 1_700_000_000_999;

const shift =
  '#newest = :id, v1 = if_not_exists(#newest, :none), v2 = if_not_exists(v1, :none), ' +
  'v3 = if_not_exists(v2, :none), v4 = if_not_exists(v3, :none), v5 = if_not_exists(v4, :none), ' +
  'v6 = if_not_exists(v5, :none), v7 = if_not_exists(v6, :none)';
const isNew = 'NOT :id IN (#newest, v1, v2, v3, v4, v5, v6, v7)';
const room = '(attribute_not_exists(#expiresAt) OR attribute_exists(#data))';
const mine = '(attribute_not_exists(#owner) OR #owner = :owner)';

describe('setValue()', () => {
  it('makes its id the newest of a row that does not know it, and removes an expiry', () => {
    expect(setValue(row, write)).toEqual({
      TableName: 't',
      Key: { key: { S: 'ns.a' } },
      UpdateExpression: `SET #data = :data, ${shift} REMOVE #expiresAt`,
      ConditionExpression: `${room} AND ${isNew}`,
      ExpressionAttributeNames: { '#data': 'data', '#newest': 'md5', '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':data': { S: '1' }, ':id': { S: 'v2' }, ':none': { S: '' } },
    });
  });

  it('sets an expiry, only where no count would get it', () => {
    expect(setValue(row, { ...write, expiresAt: 1_800_000_000 })).toMatchObject({
      UpdateExpression: `SET #data = :data, ${shift}, #expiresAt = :expiresAt`,
      ConditionExpression: `attribute_not_exists(#count) AND ${room} AND ${isNew}`,
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':expiresAt': { N: '1800000000' } },
    });
  });

  it('keeps an expiry that it is told to keep', () => {
    expect(setValue(row, { ...write, keepsExpiry: true }).UpdateExpression).toBe(
      `SET #data = :data, ${shift}`,
    );
  });

  it('marks the row with its namespace, and never writes over one of another', () => {
    expect(setValue(owned, write)).toMatchObject({
      UpdateExpression: `SET #data = :data, ${shift}, #owner = :owner REMOVE #expiresAt`,
      ConditionExpression: `${room} AND ${isNew} AND ${mine}`,
      ExpressionAttributeNames: { '#owner': 'ns' },
      ExpressionAttributeValues: { ':owner': { S: 'ns' } },
    });
  });

  it('with a token asks for the token, whatever was done with it', () => {
    const isNewOf = { expression: isNewToken(['md5', 'v1']), values: { ':token': { S: 'token' } } };
    const input = setValue(row, { ...write, version: 'token~digest', isNew: isNewOf });
    expect(input.ConditionExpression).toContain('NOT (begins_with(#newest, :token) OR begins_with');
    expect(input.ExpressionAttributeValues).toMatchObject({
      ':id': { S: 'token~digest' },
      ':token': { S: 'token' },
    });
  });

  it('only where there is no value, under isAbsent()', () => {
    expect(setValue(owned, write, isAbsent(nowMs))).toMatchObject({
      ConditionExpression: `(attribute_not_exists(#data) OR #expiresAt <= :now) AND ${room} AND ${isNew} AND ${mine}`,
      ExpressionAttributeValues: { ':now': { N: '1700000000' } },
    });
  });

  it('only on the version that was read, under isUnchanged()', () => {
    const condition = isUnchanged({ version: 'v1', data: { S: '0' } }, nowMs);
    expect(setValue(row, write, condition)).toMatchObject({
      ConditionExpression: `#newest = :read AND ${isPresent(nowMs).expression} AND ${room} AND ${isNew}`,
      ExpressionAttributeValues: { ':read': { S: 'v1' }, ':now': { N: '1700000000' } },
    });
  });

  it('only on the data that was read where the original left no version', () => {
    const condition = isUnchanged({ version: undefined, data: { S: '0' } }, nowMs);
    const { ConditionExpression, ExpressionAttributeValues } = setValue(row, write, condition);
    expect(ConditionExpression).toMatch(/^NOT #newest >= :none AND #data = :read AND /);
    expect(ExpressionAttributeValues).toMatchObject({ ':read': { S: '0' } });
  });
});

describe('replaceExpired()', () => {
  const expired = {
    ...row.key,
    ns: { S: 'other' },
    count: { N: '5' },
    c0: { S: 'x' },
    v1: { S: 'y' },
    expiresAt: { N: '7' },
  };

  it('leaves nothing of what has expired but the remembered ids', () => {
    expect(replaceExpired(owned, write, expired)).toEqual({
      TableName: 't',
      Key: { key: { S: 'ns.a' } },
      UpdateExpression: `SET #data = :data, ${shift}, #owner = :owner REMOVE #old0, #old1`,
      ConditionExpression: `#expiresAt = :expired AND ${isNew}`,
      ExpressionAttributeNames: {
        '#data': 'data',
        '#newest': 'md5',
        '#expiresAt': 'expiresAt',
        '#old0': 'count',
        '#old1': 'expiresAt',
        '#owner': 'ns',
      },
      ExpressionAttributeValues: {
        ':data': { S: '1' },
        ':id': { S: 'v2' },
        ':none': { S: '' },
        ':expired': { N: '7' },
        ':owner': { S: 'ns' },
      },
    });
  });

  it('removes nothing where nothing is left over', () => {
    const own = { ...row.key, data: { S: '0' }, md5: { S: 'v1' }, expiresAt: { N: '7' } };
    expect(replaceExpired(row, { ...write, expiresAt: 9 }, own).UpdateExpression).toBe(
      `SET #data = :data, ${shift}, #expiresAt = :expiresAt`,
    );
  });
});

describe('valueRow()', () => {
  it('is the row that setValue() makes where there was none', () => {
    expect(valueRow(row, write)).toEqual({
      key: { S: 'ns.a' },
      data: { S: '1' },
      md5: { S: 'v2' },
    });
    expect(valueRow(owned, { ...write, expiresAt: 5 })).toEqual({
      key: { S: 'ns.a' },
      ns: { S: 'ns' },
      data: { S: '1' },
      md5: { S: 'v2' },
      expiresAt: { N: '5' },
    });
  });
});

it('countValue() counts the value without asking for it', () => {
  const sorted = { ...row, key: { pk: { S: 'p' }, sk: { N: '5' } } };
  expect(countValue(sorted, nowMs, true)).toEqual({
    TableName: 't',
    Select: 'COUNT',
    ConsistentRead: true,
    KeyConditionExpression: '#key0 = :key0 AND #key1 = :key1',
    FilterExpression: isPresent(nowMs).expression,
    ExpressionAttributeNames: {
      '#key0': 'pk',
      '#key1': 'sk',
      '#data': 'data',
      '#expiresAt': 'expiresAt',
    },
    ExpressionAttributeValues: {
      ':key0': { S: 'p' },
      ':key1': { N: '5' },
      ':now': { N: '1700000000' },
    },
  });
});

it('countValue() counts a count, too, where that is meant', () => {
  const input = countValue({ ...row, hasCounts: true }, nowMs, false);
  const living = 'NOT #expiresAt <= :now';
  expect(input).toMatchObject({
    FilterExpression: `(attribute_exists(#data) OR attribute_exists(#count)) AND ${living}`,
    ExpressionAttributeNames: { '#count': 'count' },
  });
});

it('deleteRow() asks for a value, which nobody computes, and nothing beside it', () => {
  expect(deleteRow(owned)).toEqual({
    TableName: 't',
    Key: row.key,
    ReturnValues: 'ALL_OLD',
    ConditionExpression: `attribute_exists(#data) AND attribute_not_exists(#count) AND attribute_not_exists(claim) AND ${mine}`,
    ExpressionAttributeNames: { '#data': 'data', '#count': 'count', '#owner': 'ns' },
    ExpressionAttributeValues: { ':owner': { S: 'ns' } },
  });
  expect(deleteRow(row).ExpressionAttributeValues).toBeUndefined();
});

it('removeValue() takes its own part of a row that holds both, and leaves the namespace', () => {
  expect(removeValue(owned)).toEqual({
    TableName: 't',
    Key: row.key,
    UpdateExpression: 'REMOVE #data, #newest, v1, v2, v3, v4, v5, v6, v7',
    ReturnValues: 'ALL_OLD',
    ConditionExpression: `attribute_exists(#data) AND attribute_exists(#count) AND ${mine}`,
    ExpressionAttributeNames: {
      '#data': 'data',
      '#newest': 'md5',
      '#count': 'count',
      '#owner': 'ns',
    },
    ExpressionAttributeValues: { ':owner': { S: 'ns' } },
  });
});

it('fullRow() has room for the ids of the writes that will be remembered', () => {
  expect(Object.keys(fullRow(row, write)).toSorted()).toEqual([
    'data',
    'key',
    'md5',
    'v1',
    'v2',
    'v3',
    'v4',
    'v5',
    'v6',
    'v7',
  ]);
});

describe('checkRowSize()', () => {
  const target = { ...row, callerKey: 'a' };
  const sized = (length: number) => ({ ...write, data: { S: 'x'.repeat(length) } });

  it('refuses what does not fit beside the ids of a full memory', () => {
    expect(() => checkRowSize(target, sized(409_590))).toThrow(ItemTooLargeError);
    expect(() => checkRowSize(target, sized(400_000))).not.toThrow();
  });

  it('is left out for a short text, and for nothing else', () => {
    expect(isShort({ S: 'x'.repeat(50_000) })).toBe(true);
    expect([{ S: 'x'.repeat(50_001) }, { B: new Uint8Array(1) }].some(isShort)).toBe(false);
  });
});
