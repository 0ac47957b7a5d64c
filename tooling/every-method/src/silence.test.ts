import { getEventListeners } from 'node:events';

import { endOf, publicMethods } from '@x/conformance';
import { describe, expect, test } from 'vitest';

import { everyCall, everySubject, followingCalls } from './every-subject.js';
import { refused } from './faults.js';
import { invoke, testEach } from './subject.js';
import { World } from './world.js';

const text = 'hunter2';
const abortMs = 300;
const endMsMaxDefault = 95_000;

/** What the request under way would be refused with: somebody may abort with the error of another. */
async function refusalOf({ requests }: World): Promise<unknown> {
  const { operation = 'GetItem', input = {} } = requests.at(-1) ?? {};
  const refusal = Promise.resolve(refused(text)(operation, input));
  const error = await refusal.catch((reason: object) => reason);
  return Object.assign(error ?? new Error('enough'), { $metadata: { attempts: 1 } });
}

/** From now on nothing is answered after `answers` answers. */
function silence(world: World, answers: number): void {
  let left = answers;
  world.meet(() => (left-- > 0 ? undefined : new Promise(() => {})));
}

test.each(everySubject)('$title has a call for every method', async ({ calls, open }) => {
  const opened = await open(new World(), text);
  const prototype = Object.getPrototypeOf(opened) as object;
  const own = prototype === Object.prototype ? opened : prototype;
  expect(Object.keys(calls).sort()).toEqual(publicMethods(own));
});

describe('without a fault', () => {
  // A signal that lives as long as its process is followed by nobody when a call has ended.
  testEach('%s succeeds, and leaves no listener', everyCall, async ({ open }, method, { args }) => {
    const world = new World();
    const opened = await open(world, text);
    const { signal } = new AbortController();
    const call = (): Promise<unknown> =>
      world.drive(invoke(opened, method, args({ options: { signal }, text })));
    await call();
    // What a call has taken may be held: that follows the signal no longer.
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // The second may be refused, as by a lock that is held.
    await call().catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('with a signal that has aborted', () => {
  testEach('%s sends nothing', followingCalls, async ({ open }, method, { args }) => {
    const world = new World();
    const opened = await open(world, text);
    const sent = world.requests.length;
    const signal = AbortSignal.abort('enough');
    const call = invoke(opened, method, args({ options: { signal }, text }));
    await expect(world.drive(call)).rejects.toBe('enough');
    expect(world.requests).toHaveLength(sent);
  });
});

describe.each([0, 1, 2])('where nothing answers after %d requests', (answers) => {
  testEach(
    '%s ends with its signal, and follows it no more',
    followingCalls,
    async ({ open }, method, { args, afterMs = 0 }) => {
      const world = new World();
      const { clock } = world;
      const opened = await open(world, text);
      silence(world, answers);
      const abort = new AbortController();
      const { signal } = abort;
      let listeners = 0;
      const aborting = async (): Promise<void> => {
        await clock.sleep(abortMs);
        // All calls of a server may have one signal, and Node.js warns of more than ten listeners.
        listeners = getEventListeners(signal, 'abort').length;
        abort.abort(await refusalOf(world));
      };
      aborting().catch(expect.unreachable);
      const call = invoke(opened, method, args({ options: { signal }, text }));
      const [outcome, ms] = await endOf(
        clock,
        call.then(() => 'answered'),
      );
      // What needs one answer, or was done when its signal aborted, has come out.
      const outcomes = answers === 0 ? [signal.reason] : [signal.reason, 'answered'];
      expect(outcomes).toContain(outcome);
      expect(listeners).toBeLessThanOrEqual(1);
      expect(ms).toBeLessThanOrEqual(abortMs + afterMs);
      await clock.advance(70_000);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  testEach('%s ends within its bound', everyCall, async ({ open }, method, call) => {
    const { args, endMsMax = endMsMaxDefault, noSignal } = call;
    const world = new World();
    const opened = await open(world, text);
    silence(world, answers);
    const [, ms] = await endOf(world.clock, invoke(opened, method, args({ options: {}, text })));
    expect(ms).toBeLessThanOrEqual(endMsMax);
    // Who resigns goes on as a candidate.
    const goesOn = noSignal !== undefined || method === 'resign';
    if (!goesOn) expect(world.clock.pendingSleeps, 'sleeps are left').toBe(0);
  });
});
