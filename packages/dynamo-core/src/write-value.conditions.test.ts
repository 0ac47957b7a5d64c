import { MemoryDynamo } from '@x/dynamo-testing';
import { beforeAll, describe, expect, it } from 'vitest';

import { N, S } from './attributes.js';
import type { Item } from './transport.js';
import { isConditionalCheckFailed } from './errors.js';
import { createTable } from './create-table.js';
import { keysTable } from './table-definition.js';
import { rowRequest } from './row-requests.js';
import { isPresent, isUnchanged } from './value-conditions.js';
import { isAbsent, isOwn, type Condition } from './write-value.js';

const nowMs = 1_700_000_000_999;
const seconds = 1_700_000_000;
const key = { key: S('k') };
const owner = { name: 'ns', value: 'mine' };
const dynamo = new MemoryDynamo();

beforeAll(() => createTable(dynamo, keysTable, 'keys'));

const names = { data: 'data', version: 'version', expiresAt: 'expiresAt' };
const place = { tableName: 'keys', key, names, owner };

/** Whether a condition holds for a row of these attributes; `undefined` is no row. */
async function holds({ expression, values }: Condition, row: Item | undefined): Promise<boolean> {
  await dynamo.call('DeleteItem', { TableName: 'keys', Key: key });
  if (row !== undefined)
    await dynamo.call('PutItem', { TableName: 'keys', Item: { ...key, ...row } });
  try {
    const asked = rowRequest(place, { ConditionExpression: expression }, values);
    await dynamo.call('DeleteItem', asked);
    return true;
  } catch (error) {
    if (isConditionalCheckFailed(error)) return false;
    throw error;
  }
}

const value = { data: S('1'), version: S('a') };
const rows: readonly (readonly [string, Item | undefined, isThere: boolean])[] = [
  ['no row', undefined, false],
  ['a count alone', { count: N(1) }, false],
  ['a value', value, true],
  ['a value of the original', { data: S('1') }, true],
  ['one that expires this second', { ...value, expiresAt: N(seconds) }, false],
  ['one that expires in the next second', { ...value, expiresAt: N(seconds + 1) }, true],
];

describe.each(rows)('of %s,', (_, row, isThere) => {
  it('exactly one of isAbsent() and isPresent() holds', async () => {
    expect(await holds(isPresent(nowMs), row)).toBe(isThere);
    expect(await holds(isAbsent(nowMs), row)).toBe(!isThere);
  });

  it('isUnchanged() holds for the version or the data that was read, while it has not expired', async () => {
    const isVersioned = row?.['version'] !== undefined;
    const byVersion = isUnchanged({ version: 'a' }, nowMs);
    const byData = isUnchanged({ version: undefined, data: S('1') }, nowMs);
    expect(await holds(byVersion, row)).toBe(isThere && isVersioned);
    expect(await holds(byData, row)).toBe(isThere && !isVersioned);
    expect(await holds(isUnchanged({ version: 'b' }, nowMs), row)).toBe(false);
    const other = isUnchanged({ version: undefined, data: S('2') }, nowMs);
    expect(await holds(other, row)).toBe(false);
  });
});

it('isOwn() takes rows of its own and of the original, and no others', async () => {
  const condition = { expression: isOwn(place) ?? '', values: {} };
  expect(await holds(condition, { ...value, ns: S('mine') })).toBe(true);
  expect(await holds(condition, value)).toBe(true);
  expect(await holds(condition, { ...value, ns: S('other') })).toBe(false);
  expect(isOwn({})).toBeUndefined();
});

it('each condition says what it demands', () => {
  const conditions = [isAbsent(0), isPresent(0), isUnchanged({ version: 'a' }, 0)];
  expect(conditions.map(({ demands }) => demands)).toEqual(['absence', 'value', 'value']);
});
