import * as fc from 'fast-check';

import { put, remove, type CompoundKey, type PartitionedKeyValueTable } from '../src/index.js';
import { collect } from './open-table.js';

/** One thing done to a partition whose values are sets of small numbers. */
export interface Action {
  readonly text: string;
  /** What the table answers. */
  readonly real: (table: PartitionedKeyValueTable, partition: string) => Promise<unknown>;
  /** What the model answers. */
  readonly model: (model: TableModel) => unknown;
  /** How far time moves before it, in seconds. */
  readonly waitSeconds: number;
}

interface Stored {
  readonly value: readonly number[];
  readonly endsAtSeconds: number;
}

/** A partition as a plain map: what the table must look like to one client. */
export class TableModel {
  seconds = 0;
  readonly #rows = new Map<string, Stored>();

  get(sort: string): readonly number[] | undefined {
    return this.#living(sort)?.value;
  }

  set(sort: string, value: readonly number[], ttlSeconds = Infinity): void {
    this.#rows.set(sort, { value, endsAtSeconds: this.seconds + ttlSeconds });
  }

  /** Changes a value and keeps its expiry. */
  change(sort: string, value: readonly number[]): void {
    this.#rows.set(sort, { value, endsAtSeconds: this.#living(sort)?.endsAtSeconds ?? Infinity });
  }

  /** Whether there was a living value. */
  delete(sort: string): boolean {
    const isThere = this.#living(sort) !== undefined;
    this.#rows.delete(sort);
    return isThere;
  }

  clear(): void {
    this.#rows.clear();
  }

  /** In the order of the sorts, which are single letters. */
  list(): (readonly [string, readonly number[]])[] {
    const sorts = [...this.#rows.keys()].filter((sort) => this.#living(sort) !== undefined);
    return sorts.sort().map((sort) => [sort, this.get(sort) ?? []]);
  }

  #living(sort: string): Stored | undefined {
    const stored = this.#rows.get(sort);
    return stored !== undefined && stored.endsAtSeconds > this.seconds ? stored : undefined;
  }
}

const consistent = { consistent: true };

type Body = Omit<Action, 'text' | 'waitSeconds'>;
type Key = CompoundKey<string, number[]>;

const keyOf = (partition: string, sort: string): Key => ({ partition, namespace: 'n', sort });

const other = (sort: string): string => (sort === 'z' ? 'a' : 'z');

/** Everything that a client can do to one key. */
const bodies = {
  get: (sort): Body => ({
    real: (table, partition) => table.get(keyOf(partition, sort), consistent),
    model: (model) => model.get(sort),
  }),
  exists: (sort) => ({
    real: (table, partition) => table.exists(keyOf(partition, sort), consistent),
    model: (model) => model.get(sort) !== undefined,
  }),
  set: (sort, elements) => ({
    real: (table, partition) => table.set(keyOf(partition, sort), [...elements]),
    model: (model) => model.set(sort, elements),
  }),
  setForAWhile: (sort, elements) => ({
    real: (table, partition) =>
      table.set(keyOf(partition, sort), [...elements], { ttlSeconds: 30 }),
    model: (model) => model.set(sort, elements, 30),
  }),
  setBatch: (sort, elements) => ({
    real: (table, partition) =>
      table.setBatch([
        { key: keyOf(partition, sort), data: [] },
        { key: keyOf(partition, 'z'), data: [...elements] },
        { key: keyOf(partition, sort), data: [...elements] },
      ]),
    model: (model) => {
      model.set('z', elements);
      model.set(sort, elements);
    },
  }),
  setIfNotExists: (sort, elements) => ({
    real: (table, partition) => table.setIfNotExists(keyOf(partition, sort), [...elements]),
    model: (model) => {
      if (model.get(sort) !== undefined) return false;
      model.set(sort, elements);
      return true;
    },
  }),
  delete: (sort) => ({
    real: (table, partition) => table.delete(keyOf(partition, sort)),
    model: (model) => model.delete(sort),
  }),
  transact: (sort, elements) => ({
    real: (table, partition) =>
      table.transact([
        put(keyOf(partition, sort), [...elements]),
        remove(keyOf(partition, other(sort))),
      ]),
    model: (model) => {
      model.set(sort, elements);
      model.delete(other(sort));
    },
  }),
  addToSet: (sort, elements) => ({
    real: (table, partition) => table.addToSet(keyOf(partition, sort), elements),
    model: (model) => {
      const before = model.get(sort) ?? [];
      const added = [...new Set(elements)].filter((element) => !before.includes(element));
      if (added.length > 0) model.change(sort, [...before, ...added]);
      return added.length > 0;
    },
  }),
  removeFromSet: (sort, elements) => ({
    real: (table, partition) => table.removeFromSet(keyOf(partition, sort), elements),
    model: (model) => {
      const before = model.get(sort) ?? [];
      const kept = before.filter((element) => !elements.includes(element));
      if (kept.length < before.length) model.change(sort, kept);
      return kept.length < before.length;
    },
  }),
  removeFromSetByKey: (sort) => ({
    real: (table, partition) => table.removeFromSetByKey(keyOf(partition, sort), (n) => n > 2),
    model: (model) => {
      const before = model.get(sort) ?? [];
      const kept = before.filter((element) => element <= 2);
      if (kept.length < before.length) model.change(sort, kept);
      return kept.length < before.length;
    },
  }),
  updateInSet: (sort, [element = 0]) => ({
    real: (table, partition) =>
      table.updateInSet(keyOf(partition, sort), element, (n) => n === element + 1),
    model: (model) => {
      const before = model.get(sort);
      if (before === undefined) return false;
      model.change(sort, [...before.filter((n) => n !== element + 1 && n !== element), element]);
      return true;
    },
  }),
  existsInSet: (sort, [element = 0]) => ({
    real: (table, partition) =>
      table.existsInSet(keyOf(partition, sort), element, undefined, consistent),
    model: (model) => model.get(sort)?.includes(element) === true,
  }),
  entries: () => ({
    real: async (table, partition) => {
      const options = { namespace: 'n', ...consistent };
      const entries = await collect(table.entries<number[]>(partition, options));
      return entries.map(({ key, value }) => [key.sort, value]);
    },
    model: (model) => model.list(),
  }),
  count: () => ({
    real: (table, partition) => table.count(partition, consistent),
    model: (model) => model.list().length,
  }),
  listAll: () => ({
    real: async (table, partition) => (await collect(table.listAll(partition, consistent))).flat(),
    model: (model) =>
      model.list().map(([sort, value]) => ({ key: `n.${sort}`, value: JSON.stringify(value) })),
  }),
  clear: () => ({
    real: async (table, partition) => (await table.clear(partition)).deleted >= 0,
    model: (model) => {
      model.clear();
      return true;
    },
  }),
} satisfies Record<string, (sort: string, elements: readonly number[]) => Body>;

/** Any action on one of three keys. */
export const anyAction: fc.Arbitrary<Action> = fc
  .record({
    name: fc.constantFrom(...(Object.keys(bodies) as (keyof typeof bodies)[])),
    sort: fc.constantFrom('a', 'b', 'z'),
    elements: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
    waitSeconds: fc.constantFrom(0, 0, 0, 10, 40),
  })
  .map(({ name, sort, elements, waitSeconds }) => ({
    ...bodies[name](sort, elements),
    text: `${name} ${sort} ${JSON.stringify(elements)} after ${waitSeconds} s`,
    waitSeconds,
  }));
