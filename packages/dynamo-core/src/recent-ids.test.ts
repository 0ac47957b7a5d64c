import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { S } from './attributes.js';
import { keysTable } from './table-definition.js';
import { isNewToken, remembered } from './row-kinds.js';
import {
  newest,
  registerParts,
  registers,
  registerValues,
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

describe('a row under these expressions', () => {
  const all = valueRegisters('version');
  const parts = registerParts(all);

  /** Writes ids, each under the condition that it is new, and answers with the registers. */
  function setUp(): (id: string, condition?: string, token?: string) => Promise<string> {
    const memory = new MemoryDynamo({ clock: new ManualClock() });
    memory.createTable(keysTable);
    return async (id, condition = parts.isNew, token) => {
      try {
        await memory.call('UpdateItem', {
          TableName: keysTable.name,
          Key: { key: S('a') },
          UpdateExpression: `SET ${parts.shift}`,
          ConditionExpression: condition,
          ExpressionAttributeNames: parts.names,
          ExpressionAttributeValues: {
            ...registerValues(id),
            ...(token !== undefined && { ':token': S(token) }),
          },
        });
      } catch {
        return 'known';
      }
      const [row] = memory.rows(keysTable.name);
      return all.map((name) => row?.[name]?.S ?? '-').join(' ');
    };
  }

  test('shifts the seven ids before the newest', async () => {
    const write = setUp();
    expect(await write('0')).toBe('0       ');
    for (const id of ['1', '2', '3', '4', '5', '6', '7']) await write(id);
    expect(await write('8')).toBe('8 7 6 5 4 3 2 1');
  });

  test('refuses an id while fewer than eight others came after it', async () => {
    const write = setUp();
    for (const id of ['0', '1', '2', '3', '4', '5', '6', '7']) await write(id);
    expect(await write('0')).toBe('known');
    await write('8');
    expect(await write('0')).not.toBe('known');
  });

  test('knows a token whatever its digest is', async () => {
    const write = setUp();
    await write('token~one');
    await write('1');
    expect(await write('token~two', isNewToken(all), 'token')).toBe('known');
    expect(await write('other~two', isNewToken(all), 'other')).toContain('other~two 1 token~one');
  });
});
