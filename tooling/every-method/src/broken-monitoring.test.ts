import { setImmediate } from 'node:timers/promises';

import type { Monitoring } from '@x/dynamo-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { everySubject } from './every-subject.js';
import { down, refused } from './faults.js';
import { plain } from './plain.js';
import { bySubject, eachCall, everyCall, invoke, type Subject } from './subject.js';
import { withoutStacks } from './without-stacks.js';
import { World, type Fault } from './world.js';

withoutStacks();

const cases = bySubject(everyCall(everySubject));

const fail = (): never => {
  throw new Error('disk full');
};
// As a logger in JavaScript may be.
const reject = (): unknown => Promise.reject(new Error('disk full'));
const failing = new Proxy({}, { get: fail, has: fail, ownKeys: fail });

function monitoringOf(report: () => void): Monitoring {
  return {
    logger: { debug: report, info: report, warn: report, error: report },
    metrics: { increment: report, timing: report },
  };
}

/** Throws, then rejects, in turn. */
function failInTurn(): () => unknown {
  let calls = 0;
  return () => (calls++ % 2 === 0 ? fail() : reject());
}

const broken: readonly (readonly [string, () => Monitoring])[] = [
  ['throw and reject', () => monitoringOf(failInTurn())],
  ['have no methods', () => ({ logger: {}, metrics: {} }) as Monitoring],
  ['are proxies that fail', () => ({ logger: failing, metrics: failing }) as Monitoring],
];

const faults: readonly (readonly [string, () => Fault | undefined])[] = [
  ['', () => undefined],
  ['while the store is down', down],
  ['where a write is refused', () => refused('null')],
];

/** What becomes of a call. */
async function outcome(
  { open }: Subject,
  method: string,
  args: readonly unknown[],
  monitoring: Monitoring | undefined,
  fault: Fault | undefined,
): Promise<unknown> {
  const world = new World(monitoring);
  const opened = await open(world, 'a');
  if (fault !== undefined) world.meet(fault);
  const call = invoke(opened, method, args).then(
    (result) => ({ result: plain(result) }),
    (error: unknown) => ({ error: String(error) }),
  );
  const ended = await world.drive(call);
  await setImmediate();
  return ended;
}

describe.each(faults)('%s', (_, fault) => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => {
    rejections.length = 0;
    process.on('unhandledRejection', onRejection);
  });
  afterEach(() => process.off('unhandledRejection', onRejection));

  test.each(cases)(
    '%s comes out the same with a logger and metrics that fail',
    async (_title, calls) => {
      await eachCall(calls, async (subject, method, { args }) => {
        const given = args({ options: {}, text: 'a' });
        const expected = await outcome(subject, method, given, undefined, fault());
        // What a logger is, and when it is told, are two things: not each with each.
        for (const [how, monitoring] of fault() === undefined ? broken : broken.slice(0, 1)) {
          const found = await outcome(subject, method, given, monitoring(), fault());
          expect(found, `with those that ${how}`).toEqual(expected);
        }
        expect(rejections).toEqual([]);
      });
    },
  );
});
