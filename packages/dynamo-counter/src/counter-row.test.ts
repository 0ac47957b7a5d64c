import { KeyCollisionError, S } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { owned, target } from '../test/counter-target.js';
import { counterAttributes, idRegisters } from './counter-row.js';
import { liveCount } from './count-rows.js';
import { countIn } from './count-rows.js';

test('idRegisters are 16, and no attribute of ours is among them', () => {
  expect(idRegisters).toHaveLength(16);
  for (const name of Object.values(counterAttributes)) expect(idRegisters).not.toContain(name);
});

describe('the row of a counter', () => {
  const row = { count: { N: '4' }, c0: S('a') };

  test('liveCount() is undefined in a row of another namespace', () => {
    expect(liveCount({ ...row, ns: S('n') }, owned, 0)).toBe(4n);
    expect(liveCount({ ...row, ns: S('m') }, owned, 0)).toBeUndefined();
    expect(liveCount({ ...row, ns: S('m') }, target, 0)).toBe(4n);
  });

  test('liveCount() is the count until the row expires', () => {
    expect(liveCount(row, owned, 0)).toBe(4n);
    const expiring = { ...row, expiresAt: { N: '100' } };
    expect(liveCount(expiring, owned, 99_999)).toBe(4n);
    expect(liveCount(expiring, owned, 100_000)).toBeUndefined();
    expect(countIn(expiring, 'n.a')).toBe(4n);
  });

  test('liveCount() is undefined without a row or a count', () => {
    expect(liveCount(undefined, owned, 0)).toBeUndefined();
    expect(liveCount({ data: S('1') }, owned, 0)).toBeUndefined();
  });

  test('liveCount() throws where a window and an id meet, unless the row has expired', () => {
    const window = { ...row, kind: S('window') };
    expect(() => liveCount(window, owned, 0)).toThrow(
      'Cannot write "n.a": it is the row of a window of another counter; use another key',
    );
    expect(() => liveCount(row, { ...owned, kind: 'window' }, 0)).toThrow(KeyCollisionError);
    expect(liveCount(window, { ...owned, kind: 'window' }, 0)).toBe(4n);
    expect(liveCount({ ...window, expiresAt: { N: '1' } }, owned, 1_000)).toBeUndefined();
  });
});
