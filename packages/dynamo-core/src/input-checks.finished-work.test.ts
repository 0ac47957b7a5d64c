import { Readable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { checkFinished } from './input-checks.js';

describe('checkFinished()', () => {
  test.each([
    ['a generator', (function* () {})()],
    ['an async generator', (async function* () {})()],
    ['an iterator of a map', new Map().values()],
    ['a stream of Node.js', Readable.from([])],
    ['a stream of the web', new ReadableStream()],
    ['an old stream', { pipe: () => undefined }],
  ])('refuses %s', (_, result) => {
    expect(() => checkFinished('the result', result)).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', field: 'the result' }),
    );
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'next'],
    ['a list', [1]],
    ['a map', new Map([[1, 2]])],
    ['a set', new Set([1])],
    ['bytes', new Uint8Array(2)],
    ['a row with a column "next"', { next: '/pages/2' }],
  ])('takes %s', (_, result) => {
    expect(() => checkFinished('the result', result)).not.toThrow();
  });
});
