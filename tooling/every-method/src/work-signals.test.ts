import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { DynamoSemaphore } from '@x/dynamo-semaphore';
import { expect, test } from 'vitest';

import { World } from './world.js';

type Work = (held: { readonly signal: AbortSignal }) => Promise<unknown>;
type Run = (world: World, signal: AbortSignal, work: Work) => Promise<unknown>;

const key = { partition: 'p', namespace: 'n', sort: 's' };
const ttlSeconds = 60;

const locks = (world: World): DynamoLock => new DynamoLock(world.on('locks'));
const manager = (world: World): DoOnceManager => new DoOnceManager(world.on('partitioned_keys'));

const runs: Readonly<Record<string, Run>> = {
  'withLock()': (world, signal, work) => locks(world).withLock('k', { signal }, work),
  'withLock() of several': (world, signal, work) =>
    locks(world).withLock(['k', 'l'], { signal }, work),
  'withPermit()': (world, signal, work) =>
    new DynamoSemaphore(world.on('semaphores')).withPermit('k', { n: 1, signal }, work),
  'doOnce()': (world, signal, work) => manager(world).doOnce('ann', 'mail', work, { signal }),
  'doOnce() with a heartbeat': (world, signal, work) =>
    manager(world).doOnce('ann', 'mail', work, { signal, heartbeat: true }),
  'getOrSet()': (world, signal, work) =>
    new KeyValueTable(world.on('keys')).getOrSet('a', work, { ttlSeconds, signal }),
  'getOrSet() of a partition': (world, signal, work) => {
    const table = new PartitionedKeyValueTable(world.on('partitioned_keys'));
    return table.getOrSet(key, work, { ttlSeconds, signal });
  },
};

test.each(Object.entries(runs))(
  'the signal of %s reaches its work, with its reason',
  async (_, run) => {
    const world = new World();
    const reason = new Error('the process ends');
    const abort = new AbortController();
    let seen: unknown;
    const work: Work = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          seen = signal.reason;
          reject(signal.reason as Error);
        });
        abort.abort(reason);
      });
    await expect(world.drive(run(world, abort.signal, work))).rejects.toBe(reason);
    expect(seen).toBe(reason);
  },
);
