import { InvalidInputError } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { idempotencyKey, payloadHash } from './payload-hash.js';

class Money {
  readonly #cents: number;
  readonly currency = 'EUR';

  constructor(cents: number) {
    this.#cents = cents;
  }

  get cents(): number {
    return this.#cents;
  }
}

const kept = new WeakMap<object, number>();

class Secret {
  constructor(value: number) {
    kept.set(this, value);
  }

  get(): number | undefined {
    return kept.get(this);
  }
}

class Order {
  readonly sku: string;
  readonly quantity = 1;

  constructor(sku: string) {
    this.sku = sku;
  }
}

class Price extends Money {
  toJSON(): number {
    return this.cents;
  }
}

async function hash(payload: unknown): Promise<string> {
  return payloadHash(payload, 'ann/mail');
}

describe('payloadHash()', () => {
  test('tells apart what JSON tells apart, whatever the order of its keys', async () => {
    const payloads = [null, 0, '', '0', [], {}, [1, 2], [2, 1], { a: { b: 1 } }, { a: { b: 2 } }];
    const hashes = await Promise.all(payloads.map(hash));
    expect(new Set(hashes).size).toBe(payloads.length);
    expect(await hash({ a: 1, b: 2 })).toBe(await hash({ b: 2, a: 1 }));
  });

  test('takes instances whose properties are their state, and those with a toJSON', async () => {
    expect(await hash(new Order('book'))).toBe(await hash({ sku: 'book', quantity: 1 }));
    expect(await hash(new Price(5))).not.toBe(await hash(new Price(6)));
    expect(await hash({ when: new Date(0) })).not.toBe(await hash({ when: new Date(1) }));
    expect(await hash(Object.assign(Object.create(null), { a: 1 }))).toBe(await hash({ a: 1 }));
  });

  test.each([
    ['with private fields', new Money(5)],
    ['without a property', new Secret(5)],
    ['beside data that are called toJSON', { toJSON: 1, price: new Money(5) }],
    ['inside of another payload', { order: [{ price: new Money(5) }] }],
    ['with a property that JSON does not see', Object.defineProperty({}, 'a', { value: 1 })],
    ['with a symbol', { [Symbol('a')]: 1 }],
  ])('refuses an object %s', async (_, payload) => {
    await expect(hash(payload)).rejects.toMatchObject({ name: 'InvalidInputError' });
    await expect(hash(payload)).rejects.toThrow('toJSON');
  });

  test('refuses a cycle', async () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    await expect(hash(cycle)).rejects.toMatchObject({ name: 'InvalidInputError' });
  });
});

describe('idempotencyKey()', () => {
  test('is the hash of a payload, whatever the order of the names', async () => {
    const key = idempotencyKey({ a: 1, b: [{ c: null, d: 'x' }] });
    expect(idempotencyKey({ b: [{ d: 'x', c: null }], a: 1 })).toBe(key);
    expect(payloadHash({ a: 1, b: [{ c: null, d: 'x' }] }, 'any')).toBe(key);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(idempotencyKey({ a: 2, b: [{ c: null, d: 'x' }] })).not.toBe(key);
    expect(idempotencyKey(new Date(0))).toBe(idempotencyKey('1970-01-01T00:00:00.000Z'));
  });

  test.each([undefined, Number.NaN, 1n, new Map(), () => 1, { a: new Set() }])(
    'refuses what JSON would lose: %s',
    (value) => {
      expect(() => idempotencyKey(value)).toThrow(InvalidInputError);
    },
  );
});
