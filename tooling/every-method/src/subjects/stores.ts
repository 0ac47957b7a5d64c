import type { ConnectionOptions } from '@x/dynamo-core';
import { expressStore } from '@x/dynamo-rate-limit/express';
import { fastifyStore } from '@x/dynamo-rate-limit/fastify';
import { honoStore } from '@x/dynamo-rate-limit/hono';
import { nestStorage } from '@x/dynamo-rate-limit/nest';
import { DynamoSessionStore } from '@x/dynamo-session';

import { subject, type Given, type MethodCall, type Subject } from '../subject.js';
import type { World } from '../world.js';

const noSignal = 'a method of the framework’s interface';

function call(args: (given: Given) => readonly unknown[]): MethodCall {
  return { args, noSignal };
}

function connectionOf({ connection }: World): ConnectionOptions {
  return { ...connection, tableName: 'partitioned_keys' };
}

/** The frameworks read their methods off the store, which is a class to itself. */
type Methods = Record<string, (...args: never[]) => unknown>;

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
    open: (world) => expressStore(connectionOf(world)) as unknown as Methods,
    calls: hits,
  }),
  subject<Methods>({
    title: 'honoStore()',
    open: (world) => honoStore(connectionOf(world)) as unknown as Methods,
    calls: hits,
  }),
  subject<Methods>({
    title: 'nestStorage()',
    open: (world) => nestStorage(connectionOf(world)) as unknown as Methods,
    calls: { increment: call(() => ['client', 60_000, 5, 0, 'default']) },
  }),
  subject<Promised<'incr' | 'read'>>({
    title: 'fastifyStore()',
    open: (world) => {
      const Store = fastifyStore(connectionOf(world)) as unknown as new (options: object) => object;
      return promised(new Store({}), ['incr', 'read'], 1);
    },
    calls: {
      incr: call(() => ['client', 60_000, 5]),
      read: call(() => ['client', 60_000]),
    },
  }),
  subject<Promised<(typeof sessionMethods)[number]>>({
    title: 'DynamoSessionStore',
    open: async ({ connection }, text) => {
      const store = new DynamoSessionStore({ ...connection, tableName: 'keys' });
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
