import { runInNewContext } from 'node:vm';

import { compressedCodec, jsonCodec } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { digestOf } from '@x/dynamo-core/mechanism';
import { describe, expect, test } from 'vitest';

import { everyCall } from './every-subject.js';
import { plain } from './plain.js';
import { testEach } from './subject.js';
import { traceOf } from './trace.js';

/** The classes of another realm, as a test runner or a sandbox has them. */
const realm = runInNewContext('({ Array, Object, Map, Set, Date, Error, Uint8Array })') as Pick<
  typeof globalThis,
  'Array' | 'Object' | 'Map' | 'Set' | 'Date' | 'Error' | 'Uint8Array'
>;

/** The same things, made by another realm. */
function foreign(part: unknown): unknown {
  if (Array.isArray(part)) return realm.Array.from(part, foreign);
  if (typeof part !== 'object' || part === null) return part;
  if (part instanceof AbortSignal) return signalLike(part);
  if (part instanceof Date) return new realm.Date(part.getTime());
  if (part instanceof Map) return new realm.Map(part);
  if (part instanceof Set) return new realm.Set(part);
  if (part instanceof Uint8Array) return realm.Uint8Array.from(part);
  if (Object.getPrototypeOf(part) !== Object.prototype) return part;
  const copy = new realm.Object() as Record<string, unknown>;
  for (const [name, value] of Object.entries(part)) copy[name] = foreign(value);
  return copy;
}

/** A signal of another class, as a simulated browser has one. */
function signalLike(signal: AbortSignal): object {
  return {
    get aborted() {
      return signal.aborted;
    },
    get reason(): unknown {
      return signal.reason;
    },
    throwIfAborted: signal.throwIfAborted.bind(signal),
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  };
}

describe('arguments of another realm', () => {
  const texts: readonly unknown[] = [
    'a',
    [['a']],
    [new Date(0)],
    [new Map([['a', 1]])],
    [new Set(['a'])],
    [new Uint8Array([1])],
  ];
  testEach('mean the same to %s', everyCall, async (subject, method, { args }) => {
    const { signal } = new AbortController();
    for (const text of texts) {
      const given = args({ options: { signal }, text: text as string });
      const { outcome } = await traceOf(subject, method, given.map(foreign));
      expect(outcome).toEqual((await traceOf(subject, method, given)).outcome);
    }
  });
});

describe('errors of another realm', () => {
  const errors = [
    ['TimeoutError', { code: 'ECONNRESET', $fault: 'server' }],
    ['ConditionalCheckFailedException', { $fault: 'client', $metadata: { attempts: 1 } }],
  ] as const;
  describe.each(errors)('%s', (name, fields) => {
    testEach('means the same to %s', everyCall, async (subject, method, { args }) => {
      const given = args({ options: {}, text: 'a' });
      const outcomeOf = async (error: Error): Promise<unknown> => {
        const fault = async (): Promise<never> => {
          throw Object.assign(error, { name, ...fields });
        };
        return (await traceOf(subject, method, given, { fault })).outcome;
      };
      expect(await outcomeOf(new realm.Error('x'))).toEqual(await outcomeOf(new Error('x')));
    });
  });
});

describe('values of another realm', () => {
  const values: readonly unknown[] = [
    { list: [1, { two: 2 }] },
    { date: new Date(0) },
    { date: new Date(Number.NaN) },
    { map: new Map([['a', 1]]) },
    { set: new Set(['a']) },
    { bytes: new Uint8Array([1, 2]) },
  ];
  test.each<[string, (value: unknown) => unknown]>([
    ['jsonCodec', (value) => jsonCodec.encode(value, 'k')],
    ['documentCodec', (value) => documentCodec.encode(value, 'k')],
    ['compressedCodec()', (value) => compressedCodec().encode(value, 'k')],
    ['the digest of what a token stands for', (value) => digestOf(value)],
  ])('are the same to %s', async (_, use) => {
    const outcomeOf = async (value: unknown): Promise<unknown> => {
      try {
        return await use(value);
      } catch (error) {
        return String(error);
      }
    };
    const own = await Promise.all(values.map(outcomeOf));
    expect(await Promise.all(values.map(foreign).map(outcomeOf))).toEqual(own);
    expect(new Set(own.map(plain)).size).toBeGreaterThan(4);
  });
});
