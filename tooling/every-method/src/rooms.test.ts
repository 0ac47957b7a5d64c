import { Session } from 'node:inspector/promises';

import type { TableDefinition } from '@x/dynamo-core';
import { keysTable, partitionedKeysTable } from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, it } from 'vitest';

/** The most files of core that somebody opens who follows one call from the API to the wire. */
const coreRoomsMax = 6;

const at = { partition: 'user-1', namespace: 'app', sort: 'a' };
const twice = { attemptsMax: 2, windowMs: 60_000 };

/** The first call of a new object, by name, and the most files of its own package. */
const calls: readonly [string, number, () => () => Promise<unknown>][] = [
  ['lock tryAcquire', 4, () => bound(new DynamoLock(table(locksTable)), 'tryAcquire', 'a')],
  [
    'kv set',
    4,
    () => bound(new KeyValueTable({ ...table(keysTable), namespace: 'app' }), 'set', 'a', 1),
  ],
  [
    'counter incr',
    4,
    () => bound(new KeyValueCounter({ ...table(keysTable), namespace: 'app' }), 'incr', 'a'),
  ],
  ['do-once doOnce', 4, () => bound(new DoOnceManager(table()), 'doOnce', 'user-1', 'a', () => 1)],
  [
    'partitioned addToSet',
    4,
    () => bound(new PartitionedKeyValueTable(table()), 'addToSet', at, ['a']),
  ],
  ['limited-attempt attempt', 4, () => bound(new LimitedAttempt(table()), 'attempt', at, twice)],
];

it.each(calls)(
  '%s runs through at most %i files of its package and 6 of core',
  async (name, roomsMax, make) => {
    const rooms = await roomsOf(make());
    const [own = ''] = name.split(' ');
    expect(rooms.get(own)?.length, rooms.get(own)?.join()).toBeLessThanOrEqual(roomsMax);
    expect(rooms.get('core')?.length, rooms.get('core')?.join()).toBeLessThanOrEqual(coreRoomsMax);
    // What reaches neither would be counted wrongly.
    expect(rooms.get('core')).toContain('send');
  },
);

function table(definition: TableDefinition = partitionedKeysTable) {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(definition, 'rooms') };
}

type Method<A extends readonly unknown[]> = (...args: A) => Promise<unknown>;

function bound<A extends readonly unknown[], N extends string>(
  object: Readonly<Record<N, Method<A>>>,
  name: N,
  ...args: A
): () => Promise<unknown> {
  return () => object[name](...args);
}

/** The files, by package, of which a function runs until the call has its answer. */
async function roomsOf(call: () => Promise<unknown>): Promise<Map<string, string[]>> {
  const session = new Session();
  session.connect();
  await session.post('Debugger.enable');
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await call();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const rooms = new Map<string, string[]>();
  for (const { scriptId, url, functions } of result) {
    const [, name, room] = /packages\/dynamo-([\w-]+)\/src\/(.+)\.ts/.exec(url) ?? [];
    if (name === undefined || room === undefined) continue;
    const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId });
    const ran = functions.some(({ ranges: [range] }) => {
      if (range === undefined || range.count === 0) return false;
      return !isAccessor(scriptSource.slice(range.startOffset, range.endOffset));
    });
    if (ran) rooms.set(name, [...(rooms.get(name) ?? []), room]);
  }
  session.disconnect();
  return rooms;
}

/** What the test runner puts around each export: its importers read it through a function. */
function isAccessor(source: string): boolean {
  return /^\(\) ?=> ?\{ try \{ return /.test(source);
}
