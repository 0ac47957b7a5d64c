import { monitoringOf } from '@x/conformance';
import type { Monitoring } from '@x/dynamo-core';
import { afterEach, beforeEach, describe, expect } from 'vitest';

import { everyCall } from './every-subject.js';
import { down, refused } from './faults.js';
import { testEach } from './subject.js';
import { traceOf } from './trace.js';
import type { Fault } from './world.js';

const fail = (): never => {
  throw new Error('disk full');
};
// As a logger in JavaScript may be.
const reject = (): unknown => Promise.reject(new Error('disk full'));
const failing = new Proxy({}, { get: fail, has: fail, ownKeys: fail });

/** Throws, then rejects, in turn. */
function failingInTurn(): Monitoring {
  let calls = 0;
  return monitoringOf(() => () => (calls++ % 2 === 0 ? fail() : reject()));
}

const broken: readonly (readonly [string, () => Monitoring])[] = [
  ['throw and reject', failingInTurn],
  ['have no methods', () => ({ logger: {}, metrics: {} }) as Monitoring],
  ['are proxies that fail', () => ({ logger: failing, metrics: failing }) as Monitoring],
];

const faults: readonly (readonly [string, () => Fault | undefined])[] = [
  ['', () => undefined],
  ['while the store is down', down],
  ['where a write is refused', () => refused('null')],
];

describe.each(faults)('%s', (_, fault) => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => {
    rejections.length = 0;
    process.on('unhandledRejection', onRejection);
  });
  afterEach(() => process.off('unhandledRejection', onRejection));

  testEach(
    '%s comes out the same with a logger and metrics that fail',
    everyCall,
    async (subject, method, { args }) => {
      const given = args({ options: {}, text: 'a' });
      const expected = await traceOf(subject, method, given, { fault: fault() });
      // What a logger is, and when it is told, are two things: not each with each.
      for (const [how, monitoring] of fault() === undefined ? broken : broken.slice(0, 1)) {
        const circumstances = { monitoring: monitoring(), fault: fault() };
        const { outcome } = await traceOf(subject, method, given, circumstances);
        expect(outcome, `with those that ${how}`).toEqual(expected.outcome);
      }
      expect(rejections).toEqual([]);
    },
  );
});
