import { describe, expect, it } from 'vitest';

import { fromVersionToken, versionToken } from './value-requests.js';
import { storedValue } from './write-value.js';

const names = { data: 'data', version: 'version', expiresAt: 'expiresAt' };
const owner = { name: 'ns', value: 'mine' };

describe('storedValue()', () => {
  const row = { key: { S: 'k' }, data: { S: '1' }, version: { S: 'v' }, expiresAt: { N: '100' } };

  it('is what a row holds', () => {
    expect(storedValue(row, { names }, 99_999)).toEqual({
      data: { S: '1' },
      version: 'v',
      expiresAt: 100,
    });
  });

  it('is undefined without a row, without a value, and from the expiry on', () => {
    expect(storedValue(undefined, { names }, 0)).toBeUndefined();
    expect(storedValue({ key: { S: 'k' }, count: { N: '1' } }, { names }, 0)).toBeUndefined();
    expect(storedValue(row, { names }, 100_000)).toBeUndefined();
  });

  it('has no version on a row of the original', () => {
    expect(storedValue({ data: { S: '1' } }, { names }, 0)).toEqual({
      data: { S: '1' },
      version: undefined,
      expiresAt: undefined,
    });
  });

  it('is undefined for a row of another namespace, not for one without', () => {
    expect(storedValue({ ...row, ns: { S: 'other' } }, { names, owner }, 0)).toBeUndefined();
    expect(storedValue({ ...row, ns: { S: 'mine' } }, { names, owner }, 0)).toBeDefined();
    expect(storedValue(row, { names, owner }, 0)).toBeDefined();
  });
});

describe('versionToken()', () => {
  it('is the version of a row, and a digest of the data of a row without one', () => {
    const data = { S: '{"secret":1}' };
    expect(versionToken({ version: 'a', data })).toBe('id:a');
    expect(fromVersionToken('version', 'id:a')).toBe('a');
    const digest = versionToken({ version: undefined, data });
    expect(digest).toMatch(/^data:[\w-]{43}$/);
    expect(digest).not.toContain('secret');
    expect(fromVersionToken('version', digest)).toBeUndefined();
    expect(versionToken({ version: undefined, data: { S: '{"secret":2}' } })).not.toBe(digest);
  });

  it.each(['', 'x', 'data:', 'data:{}', undefined as never, 5 as never, {} as never])(
    'fromVersionToken() refuses %j',
    (token) => {
      expect(() => fromVersionToken('version', token)).toThrow(
        expect.objectContaining({ code: 'InvalidInput', field: 'version' }),
      );
    },
  );
});
