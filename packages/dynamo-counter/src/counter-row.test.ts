import { KeyCollisionError, S } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { counterAttributes, idRegisters, type CounterAddress } from './counter-row.js';
import { liveCount } from './live-count.js';
import { countIn } from './requests.js';

test('idRegisters are 16, and no attribute of ours is among them', () => {
  expect(idRegisters).toHaveLength(16);
  for (const name of Object.values(counterAttributes)) expect(idRegisters).not.toContain(name);
});

describe('the row of a counter', () => {
  const row = { count: { N: '4' }, c0: S('a') };
  const at: CounterAddress = {
    expressions: (_, make) => make(),
    tableName: 'keys',
    key: { key: S('k') },
    label: 'k',
    owner: { name: 'ns', value: 'n' },
    dataName: 'data',
    versionName: 'version',
  };

  test('liveCount() is undefined in a row of another namespace', () => {
    expect(liveCount({ ...row, ns: S('n') }, at, 0)).toBe(4n);
    expect(liveCount({ ...row, ns: S('m') }, at, 0)).toBeUndefined();
    expect(liveCount({ ...row, ns: S('m') }, { ...at, owner: undefined }, 0)).toBe(4n);
  });

  test('liveCount() is the count until the row expires', () => {
    expect(liveCount(row, at, 0)).toBe(4n);
    const expiring = { ...row, expiresAt: { N: '100' } };
    expect(liveCount(expiring, at, 99_999)).toBe(4n);
    expect(liveCount(expiring, at, 100_000)).toBeUndefined();
    expect(countIn(expiring, 'k')).toBe(4n);
  });

  test('liveCount() is undefined without a row or a count', () => {
    expect(liveCount(undefined, at, 0)).toBeUndefined();
    expect(liveCount({ data: S('1') }, at, 0)).toBeUndefined();
  });

  test('liveCount() throws where a window and an id meet, unless the row has expired', () => {
    const window = { ...row, kind: S('window') };
    expect(() => liveCount(window, at, 0)).toThrow(
      'Cannot write "k": it is the row of a window of another counter; use another key',
    );
    expect(() => liveCount(row, { ...at, kind: 'window' }, 0)).toThrow(KeyCollisionError);
    expect(liveCount(window, { ...at, kind: 'window' }, 0)).toBe(4n);
    expect(liveCount({ ...window, expiresAt: { N: '1' } }, at, 1_000)).toBeUndefined();
  });
});
