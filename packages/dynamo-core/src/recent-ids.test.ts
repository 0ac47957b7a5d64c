import { describe, expect, test } from 'vitest';

import { S } from './attribute-value.js';
import {
  newest,
  registerParts,
  registers,
  registerValues,
  remembered,
  remembers,
  valueRegisters,
} from './recent-ids.js';

const three = registers('c', 3);

describe('registers()', () => {
  test('are numbered attributes, and those of a value follow its version', () => {
    expect(three).toEqual(['c0', 'c1', 'c2']);
    expect(valueRegisters('md5')).toEqual(['md5', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7']);
  });

  test('registerParts() moves each id one place on and asks all places', () => {
    expect(registerParts(three)).toEqual({
      shift: '#newest = :id, c1 = if_not_exists(#newest, :none), c2 = if_not_exists(c1, :none)',
      isNew: 'NOT :id IN (#newest, c1, c2)',
      isNewToken:
        'NOT (begins_with(#newest, :token) OR begins_with(c1, :token) OR begins_with(c2, :token))',
      names: { '#newest': 'c0' },
    });
    expect(registerValues('x')).toEqual({ ':id': S('x'), ':none': S('') });
  });
});

describe('what a row remembers', () => {
  const row = { c0: S('m2+1'), c1: S('m1+5'), c2: S('') };

  test('remembers() knows whole ids, remembered() those of a token', () => {
    expect(remembers(row, three, 'm1+5')).toBe(true);
    expect(remembers(row, three, 'm1')).toBe(false);
    expect(remembered(row, three, 'm1')).toBe('m1+5');
    expect(remembered(row, three, 'm3')).toBeUndefined();
    expect(remembered(undefined, three, 'm1')).toBeUndefined();
  });

  test('newest() is the first', () => {
    expect(newest(row, three)).toBe('m2+1');
    expect(newest({}, three)).toBeUndefined();
  });
});
