import { DynamoLeader } from '@x/dynamo-leader';
import { DynamoLock, type HeldLock, type HeldLocks } from '@x/dynamo-lock';
import { DynamoSemaphore, type HeldPermit } from '@x/dynamo-semaphore';

import { subject, type Args, type Given, type MethodCall, type Subject } from '../subject.js';
import type { World } from '../world.js';

/** Waits for what a request took after all, and gives it back. */
const takeAfterMs = 250;
/** Waits for the answer to a release. */
const releaseAfterMs = 1_500;
/** What gives something back answers within it. */
const backMsMax = 2_000;
const sendsNothing = 'sends nothing';
const leaseMs = 9_000;

function locks(world: World): DynamoLock {
  return new DynamoLock(world.on('locks'));
}

function semaphore(world: World): DynamoSemaphore {
  return new DynamoSemaphore(world.on('semaphores'));
}

function taking(args: Args, afterMs: number = takeAfterMs): MethodCall {
  return { args, afterMs };
}

const info = ({ options, text }: Given): object => ({ leaseMs, info: { text }, ...options });
const places = (given: Given): object => ({ n: 2, ...info(given) });

const held = {
  ending: { args: () => [100], noSignal: sendsNothing },
  assertHeld: { args: () => [], noSignal: sendsNothing },
  heartbeat: { args: () => [], noSignal: 'goes on in the background, until the lease ends' },
  interrupt: { args: ({ text }: Given) => [text], noSignal: sendsNothing },
  renew: ({ options }: Given) => [options],
  release: { args: ({ options }: Given) => [options], endMsMax: backMsMax },
};

export const leases: readonly Subject[] = [
  subject<DynamoLock>({
    title: 'DynamoLock',
    open: async (world, text) => {
      const other = await locks(world).acquire('taken', { leaseMs: 60_000, info: { text } });
      if (other.remainingMs === 0) throw new Error('The lock is lost');
      const own = locks(world);
      await own.acquire('own', { leaseMs: 60_000, info: { text } });
      return own;
    },
    calls: {
      tryAcquire: taking((given) => ['k', info(given)]),
      acquire: taking((given) => ['k', info(given)]),
      acquireAll: taking((given) => [['k', 'l'], info(given)], takeAfterMs + releaseAfterMs),
      withLock: taking((given) => ['k', info(given), () => given.text], releaseAfterMs),
      releaseAll: { args: ({ options }) => [options], endMsMax: backMsMax },
      inspect: ({ options }) => ['taken', options],
      list: ({ options }) => [options],
      forceRelease: ({ options }) => ['taken', options],
      sweep: ({ options }) => [options],
    },
  }),
  subject<HeldLock>({
    title: 'HeldLock',
    open: (world, text) => locks(world).acquire('k', { leaseMs, info: { text } }),
    calls: held,
  }),
  subject<HeldLocks>({
    title: 'HeldLocks',
    open: (world, text) => locks(world).acquireAll(['k', 'l'], { leaseMs, info: { text } }),
    calls: held,
  }),
  subject<DynamoSemaphore>({
    title: 'DynamoSemaphore',
    open: async (world, text) => {
      await semaphore(world).acquire('k', { n: 2, leaseMs: 60_000, info: { text } });
      return semaphore(world);
    },
    calls: {
      tryAcquire: taking((given) => ['k', places(given)]),
      acquire: taking((given) => ['k', places(given)]),
      withPermit: taking((given) => ['k', places(given), () => given.text], releaseAfterMs),
      inspect: ({ options }) => ['k', options],
    },
  }),
  subject<HeldPermit>({
    title: 'HeldPermit',
    open: (world, text) => semaphore(world).acquire('k', { n: 2, leaseMs, info: { text } }),
    calls: held,
  }),
  subject<DynamoLeader>({
    title: 'DynamoLeader',
    open: async (world) => {
      const { clock, connection } = world;
      const { logger } = connection.monitoring ?? {};
      let onElected: () => void = () => {};
      const elected = new Promise<void>((resolve) => (onElected = resolve));
      const leader = new DynamoLeader(locks(world), 'k', { leaseMs, clock, logger, onElected });
      leader.start();
      await elected;
      return leader;
    },
    calls: {
      start: { args: () => [], noSignal: 'begins what goes on in the background' },
      resign: { args: ({ options }) => [options], endMsMax: backMsMax },
      stop: { args: ({ options }) => [options], endMsMax: backMsMax },
    },
  }),
];
