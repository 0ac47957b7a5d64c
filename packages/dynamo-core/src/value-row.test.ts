import { describe, expect, it } from 'vitest';

import {
  checkOwner,
  fromVersionToken,
  nextVersion,
  storedValue,
  versionToken,
  wroteRow,
} from './value-row.js';

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

it('checkOwner() throws for a row of another namespace alone', () => {
  expect(() => checkOwner('k', { ns: { S: 'other' } }, owner)).toThrow(
    expect.objectContaining({ code: 'KeyCollision', key: 'k' }),
  );
  for (const item of [undefined, {}, { ns: { S: 'mine' } }]) {
    expect(() => checkOwner('k', item, owner)).not.toThrow();
  }
  expect(() => checkOwner('k', { ns: { S: 'other' } })).not.toThrow();
});

describe('nextVersion()', () => {
  it('chains the latest eight ids, the newest first', () => {
    let version: string | undefined;
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) version = nextVersion(id, version);
    expect(version).toBe('h.g.f.e.d.c.b.a');
    expect(nextVersion('i', version)).toBe('i.h.g.f.e.d.c.b');
  });

  it('lets a write recognise itself behind seven others and not behind eight', () => {
    let version = nextVersion('own', undefined);
    for (const id of ['1', '2', '3', '4', '5', '6', '7']) version = nextVersion(id, version);
    expect(wroteRow({ version: { S: version } }, 'own', names)).toBe(true);
    expect(wroteRow({ version: { S: nextVersion('8', version) } }, 'own', names)).toBe(false);
  });
});

it('wroteRow() compares whole ids', () => {
  expect(wroteRow({ version: { S: 'abc.def' } }, 'ab', names)).toBe(false);
  expect(wroteRow({ version: { S: 'abc.def' } }, 'def', names)).toBe(true);
  expect(wroteRow({}, 'ab', names)).toBe(false);
});

describe('versionToken()', () => {
  it.each([
    ['a version', { version: 'a.b', data: { NULL: true as const } }],
    ['text of the original', { version: undefined, data: { S: '{"a":1}' } }],
    ['bytes', { version: undefined, data: { B: new Uint8Array([0, 255]) } }],
    [
      'nested bytes',
      { version: undefined, data: { M: { l: { L: [{ B: new Uint8Array([7]) }] } } } },
    ],
  ])('brings back %s', (_, stored) => {
    expect(fromVersionToken('version', versionToken(stored))).toEqual(stored);
  });

  it.each(['', 'x', 'data:', 'data:{', undefined as never, 5 as never, {} as never])(
    'fromVersionToken() refuses %j',
    (token) => {
      expect(() => fromVersionToken('version', token)).toThrow(
        expect.objectContaining({ code: 'InvalidInput', field: 'version' }),
      );
    },
  );
});
