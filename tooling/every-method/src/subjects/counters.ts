import {
  KeyValueCounter,
  KeyValueScopedCounter,
  PartitionedKeyValueCounter,
  type WindowedCounter,
} from '@x/dynamo-counter';

import { subject, type Args, type Given, type MethodCall, type Subject } from '../subject.js';
import type { World } from '../world.js';

async function counter(world: World): Promise<KeyValueCounter> {
  const counters = new KeyValueCounter(world.on('keys'));
  await counters.set('c', 5);
  return counters;
}

/** The token of a change is the caller's, and may be a secret. */
function changes(
  key: unknown,
  count: (n: number) => number | bigint = Number,
): Record<'incr' | 'decr' | 'tryIncr' | 'set' | 'max' | 'min' | 'compareAndSet', Args> {
  const token = ({ options, text }: Given): object => ({ token: text, ...options });
  return {
    incr: (given) => [key, count(2), token(given)],
    decr: (given) => [key, count(2), token(given)],
    tryIncr: (given) => [key, count(2), { max: count(6), ...token(given) }],
    set: (given) => [key, count(2), token(given)],
    max: (given) => [key, count(9), token(given)],
    min: (given) => [key, count(1), token(given)],
    compareAndSet: (given) => [key, count(5), count(6), token(given)],
  };
}

const key = { partition: 'p', namespace: 'n', sort: 's' };
const others: Record<'get' | 'delete', Args> = {
  get: ({ options }) => [['c', 'd'], options],
  delete: ({ options }) => ['c', options],
};
const windowed: MethodCall = { args: () => [{ windowMs: 60_000 }], noSignal: 'sends nothing' };

export const counters: readonly Subject[] = [
  subject<KeyValueCounter>({
    title: 'KeyValueCounter',
    open: counter,
    calls: { ...changes('c'), ...others, windowed },
  }),
  subject<KeyValueCounter<'bigint'>>({
    title: 'KeyValueCounter of bigints',
    open: async (world) => {
      const counters = new KeyValueCounter({ ...world.on('keys'), mode: 'bigint' });
      await counters.set('c', 5n);
      return counters;
    },
    calls: {
      ...changes('c', BigInt),
      ...others,
      windowed,
      incr: ({ options }) => ['c', 2n, { min: 0n, max: 60n, ...options }],
      set: ({ options }) => ['c', 2n ** 70n, options],
    },
  }),
  subject<WindowedCounter>({
    title: 'WindowedCounter',
    open: async (world) => (await counter(world)).windowed({ windowMs: 60_000 }),
    calls: { ...changes('c'), ...others },
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
      current: others.delete,
      ...others,
      reset: others.delete,
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
