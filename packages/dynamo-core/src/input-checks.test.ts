import { describe, expect, it } from 'vitest';

import {
  addressOf,
  checkInteger,
  checkKeyText,
  checkOneOf,
  checkPositive,
  keyBytesMax,
} from './input-checks.js';
import { utf8Bytes } from './attributes.js';

function refusal(field: string): object {
  return expect.objectContaining({ code: 'InvalidInput', field }) as object;
}

describe('checkInteger()', () => {
  it.each([0, 1, 10, Number.MAX_SAFE_INTEGER])('accepts %d from 0 on', (value) => {
    expect(() => checkInteger('count', value, 0)).not.toThrow();
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5' as never, 5n as never])(
    'refuses %s from 0 on',
    (value) => {
      expect(() => checkInteger('count', value, 0)).toThrow(refusal('count'));
    },
  );

  it('holds both ends and names them', () => {
    expect(() => checkInteger('count', 5, 1, 5)).not.toThrow();
    expect(() => checkInteger('count', 6, 1, 5)).toThrow(/from 1 to 5/);
    expect(() => checkInteger('count', 0, 1)).toThrow(/at least 1/);
  });
});

describe('checkPositive()', () => {
  it('accepts fractions and refuses zero, below, and what is no finite number', () => {
    expect(() => checkPositive('leaseMs', 0.1)).not.toThrow();
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
      expect(() => checkPositive('leaseMs', value)).toThrow(refusal('leaseMs'));
    }
  });
});

describe('checkKeyText()', () => {
  it.each(['', undefined as never, null as never, 5 as never, {} as never])(
    'refuses %j',
    (value) => {
      expect(() => checkKeyText('id', value, 10)).toThrow(refusal('id'));
    },
  );

  it.each([
    ['ASCII', 'a', 1],
    ['umlauts', 'ä', 2],
    ['the euro sign', '€', 3],
    ['emoji', '😀', 4],
  ])('counts bytes of UTF-8: %s', (_, character, bytes) => {
    const fits = Math.floor(keyBytesMax.sort / bytes);
    expect(() => checkKeyText('id', character.repeat(fits), keyBytesMax.sort)).not.toThrow();
    expect(() => checkKeyText('id', character.repeat(fits + 1), keyBytesMax.sort)).toThrow(
      refusal('id'),
    );
  });

  it.each(['a\ud800', '\udc00', '\ud800\ud800', '\udc00\ud800'])(
    'refuses halves of surrogate pairs: %j',
    (value) => {
      expect(() => checkKeyText('id', value, 100)).toThrow(/surrogate/);
    },
  );

  it('shows a long key shortened', () => {
    const check = (): void => checkKeyText('id', 'x'.repeat(5_000), keyBytesMax.partition);
    expect(check).toThrow(/^.{0,200}$/);
    expect(check).toThrow(/5000/);
  });
});

it('checkOneOf() names what is allowed', () => {
  expect(() => checkOneOf('mode', 'a', ['a', 'b'])).not.toThrow();
  expect(() => checkOneOf('mode', 'c', ['a', 'b'])).toThrow(/one of "a", "b"/);
});

it('utf8Bytes() counts bytes', () => {
  expect(utf8Bytes('aä€😀')).toBe(1 + 2 + 3 + 4);
});

describe('addressOf()', () => {
  const toAddress = addressOf({
    partitionKeyFieldName: 'partitionKey',
    sortKeyFieldName: 'sortKey',
    sortKeyFieldAWSType: 'S',
    dataFieldName: 'data',
  } as never);

  it.each([undefined, null, 'user-1', 5])('names what %s is in the place of a key', (key) => {
    expect(() => toAddress(key as never)).toThrow(refusal('key'));
    expect(() => toAddress(key as never)).toThrow(/an object with partition, namespace and sort/);
  });

  it('reads each part of a key once', () => {
    let reads = 0;
    const key = {
      get partition() {
        return `p${(reads += 1)}`;
      },
      namespace: 'n',
      sort: 's',
    };
    expect(toAddress(key)).toMatchObject({ displayKey: 'p1/n.s', callerKey: { partition: 'p1' } });
    expect(reads).toBe(1);
  });
});
