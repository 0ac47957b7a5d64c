import { N, S, type Item } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { Rows } from './rows.js';

const keys = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'N' },
} as const;
const key = (id: number): Item => ({ pk: S('one'), sk: N(id) });

/** How often the sort keys of so many rows of one partition are looked at. */
function looks(count: number, work: (rows: Rows) => unknown): number {
  let seen = 0;
  const rows = new Rows(keys);
  for (let id = 0; id < count; id += 1) {
    const sk = N(id);
    const item = {
      pk: S('one'),
      get sk() {
        seen += 1;
        return sk;
      },
    };
    rows.put(item, 1);
  }
  seen = 0;
  work(rows);
  return seen;
}

function page(rows: Iterable<{ readonly item: Item }>): number[] {
  const found: number[] = [];
  for (const { item } of rows) {
    found.push(Number(item['sk']?.N));
    if (found.length === 10) break;
  }
  return found;
}

test.each([
  ['a delete', (rows: Rows) => rows.delete(key(rows.count / 2))],
  ['a put', (rows: Rows) => rows.put(key(rows.count), 1)],
  ['a page of a query', (rows: Rows) => page(rows.range('one', () => 0, true, key(300)))],
  ['a page backwards', (rows: Rows) => page(rows.range('one', () => 0, false, key(300)))],
  ['a page of a scan', (rows: Rows) => page(rows.segment(0, 2 ** 32, key(300)))],
])('Rows looks at few rows of a large partition for %s', (_name, work) => {
  expect(looks(16_000, work)).toBeLessThan(looks(500, work) + 20);
});

test('Rows goes on behind a key, up and down', () => {
  looks(500, (rows) => {
    expect(page(rows.range('one', () => 0, true, key(300)))).toEqual([
      301, 302, 303, 304, 305, 306, 307, 308, 309, 310,
    ]);
    expect(page(rows.range('one', () => 0, false, key(3)))).toEqual([2, 1, 0]);
  });
});
