import type { CompoundKey, Dynamo } from '@x/dynamo-core';
import { DoOnceManager } from '@x/dynamo-do-once';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

import * as compat from '../../src/index.js';
import { OriginalPartitions } from '../original-partitions.js';
import { atTheSameTime, meanwhile } from './answering.js';
import type { Bench, Difference } from './bench.js';

type Key = CompoundKey<string, string[]>;

interface Sets {
  set(key: Key, data: string[]): Promise<void>;
  addToSet(
    key: Key,
    element: string,
    isIn?: (left: string, right: string) => boolean,
  ): Promise<boolean>;
  removeFromSet(key: Key, element: string): Promise<boolean>;
  get(key: Key): Promise<unknown>;
}

async function removeAbsent(table: Sets, key: Key): Promise<boolean> {
  await table.set(key, ['a']);
  return table.removeFromSet(key, 'none');
}

/** What a predicate gets, in its order. */
async function seen(table: Sets, key: Key): Promise<string[]> {
  const given: string[] = [];
  await table.set(key, ['existing']);
  await table.addToSet(key, 'candidate', (...pair) => given.push(...pair) === 0);
  return given;
}

/** A plain `set` of `['a', 'c']` comes in the middle of an `addToSet` of `'b'`. */
async function addedMeanwhile(
  { client, key }: Bench,
  table: (dynamo?: Dynamo) => Sets,
): Promise<unknown> {
  const others = table();
  await others.set(key, ['a']);
  await table(meanwhile(client, () => others.set(key, ['a', 'c']))).addToSet(key, 'b');
  return others.get(key);
}

/** How often an action runs for two callers at the same time. */
async function actsOfTwo(doOnce: (act: () => number) => Promise<unknown>): Promise<number> {
  let acts = 0;
  await Promise.all([doOnce(() => ++acts), doOnce(() => ++acts)]);
  return acts;
}

const limit = { attemptsMax: 3, validityTime: 60_000 };

async function admittedOfTen(attempt: () => Promise<boolean>): Promise<number> {
  const admitted = await Promise.all(Array.from({ length: 10 }, attempt));
  return admitted.filter(Boolean).length;
}

/** Sets, subclasses, and what keeps its rows in partitions. */
export const partitions: readonly Difference[] = [
  {
    was: true,
    is: false,
    original: ({ their, key }) => removeAbsent(their.partitions() as Sets, key),
    ours: ({ our, key }) => removeAbsent(our.partitions(), key),
    compat: ({ moved, key }) => removeAbsent(moved.partitions(), key),
  },
  {
    was: ['candidate', 'existing'],
    is: ['existing', 'candidate'],
    original: ({ their, key }) => seen(their.partitions() as Sets, key),
    ours: ({ our, key }) => seen(our.partitions(), key),
    compat: ({ moved, key }) => seen(moved.partitions(), key),
  },
  {
    was: ['a', 'b'],
    is: ['a', 'c', 'b'],
    original: (bench) => addedMeanwhile(bench, (dynamo) => bench.their.partitions(dynamo) as Sets),
    ours: (bench) => addedMeanwhile(bench, (dynamo) => bench.our.partitions(dynamo)),
  },
  {
    was: { S: '1' },
    is: 'InvalidInputError',
    original: async ({ client, partitionsProps, key, row }) => {
      class Renamed extends OriginalPartitions {
        protected override mappings() {
          return { dataFieldName: 'payload' };
        }
      }
      await new Renamed(client, partitionsProps.tableName).set(key, 1);
      return (await row())?.['payload'];
    },
    ours: ({ partitionsProps }) => {
      class Renamed extends PartitionedKeyValueTable {
        mappings(): object {
          return { dataFieldName: 'payload' };
        }
      }
      return new Renamed(partitionsProps);
    },
    compat: async ({ partitionsProps, key, row }) => {
      class Renamed extends compat.PartitionedKeyValueTable {
        protected override mappings() {
          return { ...super.mappings(), dataFieldName: 'payload' };
        }
      }
      await new Renamed(partitionsProps).set(key, 1);
      return (await row())?.['payload'];
    },
  },
  {
    was: 2,
    is: 1,
    original: ({ their, client, namespace }) => {
      const table = their.partitions(atTheSameTime(client, 2));
      return actsOfTwo((act) => table.doOnce(namespace, 'mail', 1, act));
    },
    ours: ({ our, namespace }) =>
      actsOfTwo((act) => new DoOnceManager(our.partitions()).doOnce(namespace, 'mail', act)),
  },
  {
    was: 10,
    is: 3,
    original: ({ their, client, key }) => {
      const table = their.partitions(atTheSameTime(client, 10));
      return admittedOfTen(() => table.attempt(key, 1, limit));
    },
    ours: ({ our, key }) => {
      const limiter = new LimitedAttempt(our.partitions());
      return admittedOfTen(async () => (await limiter.tryAttempt(key, limit)) !== undefined);
    },
  },
];
