import {
  KeyValueCounter,
  KeyValueScopedCounter,
  PartitionedKeyValueCounter,
  type WindowedCounter,
} from '@x/dynamo-counter';

import { subject, type Args, type Given, type Subject } from '../subject.js';
import type { World } from '../world.js';

async function counter(world: World): Promise<KeyValueCounter> {
  const counters = new KeyValueCounter(world.on('keys'));
  await counters.set('c', 5);
  return counters;
}

/** The token of a change is the caller's, and may be a secret. */
function changes(
  key: unknown,
): Record<'incr' | 'decr' | 'tryIncr' | 'set' | 'max' | 'min' | 'compareAndSet', Args> {
  const token = ({ options, text }: Given): object => ({ token: text, ...options });
  return {
    incr: (given) => [key, 2, token(given)],
    decr: (given) => [key, 2, token(given)],
    tryIncr: (given) => [key, 2, { max: 6, ...token(given) }],
    set: (given) => [key, 2, token(given)],
    max: (given) => [key, 9, token(given)],
    min: (given) => [key, 1, token(given)],
    compareAndSet: (given) => [key, 5, 6, token(given)],
  };
}

const key = { partition: 'p', namespace: 'n', sort: 's' };

export const counters: readonly Subject[] = [
  subject<KeyValueCounter>({
    title: 'KeyValueCounter',
    open: counter,
    calls: {
      ...changes('c'),
      get: ({ options }) => [['c', 'd'], options],
      delete: ({ options }) => ['c', options],
      windowed: {
        args: () => [{ windowMs: 60_000 }],
        noSignal: 'sends nothing',
      },
    },
  }),
  subject<KeyValueCounter<'bigint'>>({
    title: 'KeyValueCounter of bigints',
    open: async (world) => {
      const counters = new KeyValueCounter({ ...world.on('keys'), mode: 'bigint' });
      await counters.set('c', 5n);
      return counters;
    },
    calls: {
      incr: ({ options }) => ['c', 2n, { max: 60n, ...options }],
      decr: ({ options }) => ['c', 2n, { min: 0n, ...options }],
      tryIncr: ({ options }) => ['c', 2n, { max: 6n, ...options }],
      set: ({ options }) => ['c', 2n ** 70n, options],
      max: ({ options }) => ['c', 9n, options],
      min: ({ options }) => ['c', 1n, options],
      compareAndSet: ({ options }) => ['c', 5n, 6n, options],
      get: ({ options }) => [['c', 'd'], options],
      delete: ({ options }) => ['c', options],
      windowed: { args: () => [{ windowMs: 60_000 }], noSignal: 'sends nothing' },
    },
  }),
  subject<WindowedCounter>({
    title: 'WindowedCounter',
    open: async (world) => (await counter(world)).windowed({ windowMs: 60_000 }),
    calls: {
      ...changes('c'),
      get: ({ options }) => [['c', 'd'], options],
      delete: ({ options }) => ['c', options],
    },
  }),
  subject<KeyValueScopedCounter<string>>({
    title: 'KeyValueScopedCounter',
    open: async (world) => new KeyValueScopedCounter((id: string) => id, await counter(world)),
    calls: {
      incr: changes('c').incr,
      inc: changes('c').incr,
      decr: changes('c').decr,
      max: changes('c').max,
      min: changes('c').min,
      current: ({ options }) => ['c', options],
      get: ({ options }) => [['c', 'd'], options],
      delete: ({ options }) => ['c', options],
      reset: ({ options }) => ['c', options],
    },
  }),
  subject<PartitionedKeyValueCounter>({
    title: 'PartitionedKeyValueCounter',
    open: async (world) => {
      const counters = new PartitionedKeyValueCounter(world.on('partitioned_keys'));
      await counters.set(key, 5);
      return counters;
    },
    calls: {
      ...changes(key),
      get: ({ options }) => [key, options],
      delete: ({ options }) => [key, options],
    },
  }),
];
