import { describe, expect, it, test } from 'vitest';

import type { Item } from './transport.js';
import { registers, valueRegisters } from './recent-ids.js';
import { droppedOf, isRegister, kindBeside, readRefusal } from './row-kinds.js';
import { hasRoom } from './write-value.js';

const nowMs = 1_000_000;
const live = { expiresAt: { N: '1001' } };
const value = { data: { S: '1' } };
const count = { count: { N: '1' } };
const row = { callerKey: 'a.b', names: { data: 'data', expiresAt: 'expiresAt' } };
const owned = { ...row, owner: { name: 'ns', value: 'a' } };
const staying = { bringsExpiry: false };
const expiring = { bringsExpiry: true };

describe('kindBeside()', () => {
  it('tells what else a row holds', () => {
    expect(kindBeside(undefined, 'value')).toBeUndefined();
    expect(kindBeside({ ...value, ...count }, 'value')).toBe('count');
    expect(kindBeside({ r0: { S: 'a' } }, 'value')).toBe('attempts');
    expect(kindBeside({ lease: { N: '1' } }, 'value')).toBe('claim');
    expect(kindBeside({ payload: { S: '' } }, 'count', 'payload')).toBe('value');
  });
});

describe('hasRoom()', () => {
  it('asks for a row without the other thing only where an expiry is brought', () => {
    const ownExpiry = '(attribute_not_exists(#expiresAt) OR attribute_exists(#data))';
    expect(hasRoom('value', false)).toBe(ownExpiry);
    expect(hasRoom('value', true)).toBe(`attribute_not_exists(#count) AND ${ownExpiry}`);
    expect(hasRoom('count', true)).toContain('attribute_not_exists(#data)');
  });
});

describe('readRefusal()', () => {
  it.each<[string, Item | undefined, string]>([
    ['no row', undefined, 'absent'],
    [
      'an expired row of another namespace',
      { ns: { S: 'x' }, expiresAt: { N: '1000' } },
      'expired',
    ],
    ['an expired count', { ...count, expiresAt: { N: '999' } }, 'expired'],
    ['a value that lives', { ...value, ...live, ns: { S: 'a' } }, 'refused'],
    ['a count beside a value without expiry', { ...value, ...count }, 'refused'],
  ])('reads %s', (_, item, result) => {
    expect(readRefusal('value', owned, staying, item, nowMs)).toBe(result);
  });

  it.each<[string, Item, string]>([
    ['another namespace', { ...value, ns: { S: 'x' } }, 'it is a row of the namespace "x"'],
    ['a count that expires', { ...count, ...live }, 'the row holds a count'],
    ['attempts', { r0: { S: '' }, ...live }, 'the row holds the attempts of a limit'],
    ['a claim that expires', { lease: { N: '1' }, ...live }, 'the row holds a claim of do-once'],
    ['what nothing of ours wrote', { x: { S: '' }, ...live }, 'the row holds something else'],
  ])('names %s', (_, item, message) => {
    expect(() => readRefusal('value', owned, staying, item, nowMs)).toThrow(message);
  });

  it('takes ids that stayed of expired attempts for none', () => {
    const item = { ...value, ...live, r0: { S: '' } };
    expect(readRefusal('value', row, expiring, item, nowMs)).toBe('refused');
  });

  it('lets a write with an expiry stand beside nothing', () => {
    const item = { ...value, ...count };
    expect(() => readRefusal('value', row, expiring, item, nowMs)).toThrow(
      'Cannot write "a.b": the row holds a count, and a row that expires holds one thing',
    );
  });
});

describe('droppedOf()', () => {
  it('leaves the remembered ids of every kind', () => {
    const row = {
      key: { S: 'a' },
      ...count,
      ...live,
      c0: { S: '' },
      r15: { S: '' },
      v1: { S: '' },
    };
    expect(droppedOf(row, ['key', 'expiresAt'])).toEqual({
      places: '#old0',
      names: { '#old0': 'count' },
    });
    const { names } = droppedOf({ ...row, o1: { S: '' } }, ['key']);
    expect(Object.values(names)).toEqual(['count', 'expiresAt', 'o1']);
  });
});

test('isRegister() knows the registers of every kind of row, and nothing else', () => {
  for (const name of [...valueRegisters('md5'), ...registers('c', 16), ...registers('r', 16)]) {
    expect(isRegister(name)).toBe(true);
  }
  for (const name of ['data', 'count', 'expiresAt', 'o1', 'vx', 'r']) {
    expect(isRegister(name)).toBe(false);
  }
});
