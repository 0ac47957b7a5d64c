import { expect, test } from 'vitest';

import { seededRandom } from '../../clock/seeded-random.js';
import { SortedList } from './sorted-list.js';

const at = (sought: number) => (value: number) => value - sought;

test('SortedList keeps its order through thousands of puts and deletes', () => {
  const list = new SortedList<number>();
  const model = new Set<number>();
  const random = seededRandom(1);
  for (let step = 0; step < 20_000; step += 1) {
    const value = Math.floor(random.unit() * 3_000);
    const isDelete = random.unit() < 0.45;
    const expected = model.has(value) ? value : undefined;
    expect(isDelete ? list.delete(at(value)) : list.put(value, at(value))).toBe(expected);
    if (isDelete) model.delete(value);
    else model.add(value);
  }
  const sorted = [...model].toSorted((one, two) => one - two);
  expect(list.size).toBe(sorted.length);
  expect([...list.from(() => 1)]).toEqual(sorted);
  expect([...list.backFrom(() => -1)]).toEqual(sorted.toReversed());
  for (const from of [-1, 0, 1_500, 2_999, 5_000]) {
    expect([...list.from(at(from))]).toEqual(sorted.filter((value) => value >= from));
    expect([...list.backFrom(at(from))]).toEqual(
      sorted.filter((value) => value <= from).toReversed(),
    );
  }
});

test('SortedList looks at few values, however many there are', () => {
  const looks = (size: number): number => {
    const list = new SortedList<number>();
    for (let value = 0; value < size; value += 1) list.put(value, at(value));
    let count = 0;
    list.delete((value) => {
      count += 1;
      return value - size / 2;
    });
    return count;
  };
  expect(looks(64_000)).toBeLessThan(looks(1_000) + 12);
});
