import { expressStore } from '@x/dynamo-rate-limit/express';
import { fastifyStore } from '@x/dynamo-rate-limit/fastify';
import { honoStore } from '@x/dynamo-rate-limit/hono';
import { nestStorage } from '@x/dynamo-rate-limit/nest';
import { DynamoSessionStore } from '@x/dynamo-session';

import { subject, withoutSignal, type Given, type Methods, type Subject } from '../subject.js';

const call = withoutSignal('a method of the framework’s interface');

const hits = {
  init: call(() => [{ windowMs: 60_000 }]),
  increment: call(() => ['client']),
  decrement: call(() => ['client']),
  resetKey: call(() => ['client']),
  get: call(() => ['client']),
  resetAll: call(() => []),
  shutdown: call(() => []),
};

type Promised<N extends string> = Record<N, (...args: unknown[]) => Promise<unknown>>;

/** The methods that call back, with a callback as their argument `at`, as methods that promise. */
function promised<N extends string>(store: object, names: readonly N[], at = 9): Promised<N> {
  const methods = store as Record<string, (...args: unknown[]) => void>;
  const entries = names.map((name) => [
    name,
    (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const callback = (error: Error | null | undefined, value: unknown): void =>
          error === null || error === undefined ? resolve(value) : reject(error);
        methods[name]?.(...args.toSpliced(at, 0, callback));
      }),
  ]);
  return Object.fromEntries(entries) as Promised<N>;
}

const sessionMethods = ['get', 'set', 'touch', 'destroy', 'all', 'length', 'clear'] as const;
const session = ({ text }: Given): object => ({ cookie: { originalMaxAge: null }, user: text });

export const stores: readonly Subject[] = [
  subject<Methods>({
    title: 'expressStore()',
    open: (world) => expressStore(world.on('partitioned_keys')) as unknown as Methods,
    calls: hits,
  }),
  subject<Methods>({
    title: 'honoStore()',
    open: (world) => honoStore(world.on('partitioned_keys')) as unknown as Methods,
    calls: hits,
  }),
  subject<Methods>({
    title: 'nestStorage()',
    open: (world) => nestStorage(world.on('partitioned_keys')) as unknown as Methods,
    calls: { increment: call(() => ['client', 60_000, 5, 0, 'default']) },
  }),
  subject<Promised<'incr' | 'read'>>({
    title: 'fastifyStore()',
    open: (world) => {
      const Store = fastifyStore(world.on('partitioned_keys')) as unknown as new (
        options: object,
      ) => object;
      return promised(new Store({}), ['incr', 'read'], 1);
    },
    calls: {
      incr: call(() => ['client', 60_000, 5]),
      read: call(() => ['client', 60_000]),
    },
  }),
  subject<Promised<(typeof sessionMethods)[number]>>({
    title: 'DynamoSessionStore',
    open: async (world, text) => {
      const store = new DynamoSessionStore(world.on('keys'));
      const methods = promised(store, sessionMethods);
      await methods.set('stored', session({ text, options: {} }));
      return methods;
    },
    calls: {
      get: call(() => ['stored']),
      set: call((given) => ['a', session(given)]),
      touch: call((given) => ['stored', session(given)]),
      destroy: call(() => ['stored']),
      all: call(() => []),
      length: call(() => []),
      clear: call(() => []),
    },
  }),
];
