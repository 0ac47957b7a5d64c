import { describe, expect, it } from 'vitest';

import {
  countValue,
  deleteRow,
  getRow,
  isAbsent,
  isPresent,
  isUnchanged,
  removeValue,
  setValue,
  valueRow,
} from './value-requests.js';

const names = { data: 'data', version: 'md5', expiresAt: 'expiresAt' };
const row = { tableName: 't', key: { key: { S: 'ns.a' } }, names };
const owned = { ...row, owner: { name: 'ns', value: 'ns' } };
const write = { data: { S: '1' }, version: 'v2', expiresAt: undefined };
const nowMs = 1_700_000_000_999;

describe('setValue()', () => {
  it('sets the value and its version, and removes an expiry that was there', () => {
    expect(setValue(row, write)).toEqual({
      TableName: 't',
      Key: { key: { S: 'ns.a' } },
      UpdateExpression: 'SET #data = :data, #version = :version REMOVE #expiresAt',
      ExpressionAttributeNames: { '#data': 'data', '#version': 'md5', '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':data': { S: '1' }, ':version': { S: 'v2' } },
    });
  });

  it('sets an expiry', () => {
    expect(setValue(row, { ...write, expiresAt: 1_800_000_000 })).toMatchObject({
      UpdateExpression: 'SET #data = :data, #version = :version, #expiresAt = :expiresAt',
      ExpressionAttributeValues: { ':expiresAt': { N: '1800000000' } },
    });
  });

  it('marks the row with its namespace, and never writes over one of another', () => {
    expect(setValue(owned, write)).toEqual({
      TableName: 't',
      Key: { key: { S: 'ns.a' } },
      UpdateExpression: 'SET #data = :data, #version = :version, #owner = :owner REMOVE #expiresAt',
      ConditionExpression: '(attribute_not_exists(#owner) OR #owner = :owner)',
      ExpressionAttributeNames: {
        '#data': 'data',
        '#version': 'md5',
        '#expiresAt': 'expiresAt',
        '#owner': 'ns',
      },
      ExpressionAttributeValues: {
        ':data': { S: '1' },
        ':version': { S: 'v2' },
        ':owner': { S: 'ns' },
      },
    });
  });

  it('only where there is no value, under isAbsent()', () => {
    expect(setValue(row, write, isAbsent(nowMs))).toMatchObject({
      ConditionExpression: '(attribute_not_exists(#data) OR #expiresAt <= :now)',
      ExpressionAttributeValues: { ':now': { N: '1700000000' } },
    });
  });

  it('puts both conditions together', () => {
    expect(setValue(owned, write, isAbsent(nowMs)).ConditionExpression).toBe(
      '(attribute_not_exists(#data) OR #expiresAt <= :now) AND ' +
        '(attribute_not_exists(#owner) OR #owner = :owner)',
    );
  });

  it('only on the version that was read, under isUnchanged()', () => {
    const condition = isUnchanged({ version: 'v1', data: { S: '0' } }, nowMs);
    expect(setValue(row, write, condition)).toMatchObject({
      ConditionExpression:
        '#version = :read AND attribute_exists(#data) AND ' +
        '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
      ExpressionAttributeValues: { ':read': { S: 'v1' }, ':now': { N: '1700000000' } },
    });
  });

  it('only on the data that was read where the original left no version', () => {
    const condition = isUnchanged({ version: undefined, data: { S: '0' } }, nowMs);
    expect(setValue(row, write, condition)).toMatchObject({
      ConditionExpression:
        'attribute_not_exists(#version) AND #data = :read AND attribute_exists(#data) AND ' +
        '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
      ExpressionAttributeValues: { ':read': { S: '0' } },
    });
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

it('getRow() reads the row whole, as consistently as it is told to', () => {
  expect(getRow(row, true)).toEqual({ TableName: 't', Key: row.key, ConsistentRead: true });
  expect(getRow(row, false)).toEqual({ TableName: 't', Key: row.key, ConsistentRead: false });
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

describe('deleteRow()', () => {
  it('has no condition where nothing shares the row', () => {
    expect(deleteRow(row, [])).toEqual({ TableName: 't', Key: row.key });
  });

  it('spares a row that holds something else', () => {
    expect(deleteRow(row, ['count', 'cur'])).toEqual({
      TableName: 't',
      Key: row.key,
      ConditionExpression: 'attribute_not_exists(#shared0) AND attribute_not_exists(#shared1)',
      ExpressionAttributeNames: { '#shared0': 'count', '#shared1': 'cur' },
    });
  });
});

it('removeValue() takes the value out where there is one, and makes no empty row', () => {
  expect(removeValue(row)).toEqual({
    TableName: 't',
    Key: row.key,
    UpdateExpression: 'REMOVE #data, #version, #expiresAt',
    ConditionExpression: 'attribute_exists(#data)',
    ExpressionAttributeNames: { '#data': 'data', '#version': 'md5', '#expiresAt': 'expiresAt' },
  });
});
