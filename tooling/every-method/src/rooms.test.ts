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

/** The most files that somebody opens who follows one call from the API to the wire. */
const roomsMax = { own: 4, core: 6 };

const at = { partition: 'user-1', namespace: 'app', sort: 'a' };

/** The first call of a new object, by its package. */
const calls: Readonly<Record<string, () => () => Promise<unknown>>> = {
  lock: () => {
    const locks = new DynamoLock(table(locksTable));
    return () => locks.tryAcquire('a');
  },
  kv: () => {
    const kv = new KeyValueTable({ ...table(keysTable), namespace: 'app' });
    return () => kv.set('a', 1);
  },
  counter: () => {
    const counter = new KeyValueCounter({ ...table(keysTable), namespace: 'app' });
    return () => counter.incr('a');
  },
  'do-once': () => {
    const manager = new DoOnceManager(table());
    return () => manager.doOnce('user-1', 'a', () => 1);
  },
  partitioned: () => {
    const values = new PartitionedKeyValueTable(table());
    return () => values.addToSet(at, ['a']);
  },
  'limited-attempt': () => {
    const limiter = new LimitedAttempt(table());
    return () => limiter.attempt(at, { attemptsMax: 2, windowMs: 60_000 });
  },
};

it.each(Object.entries(calls))(
  'a call of %s runs through at most 4 files of its package and 6 of core',
  async (name, make) => {
    const rooms = await roomsOf(make());
    const [own = [], core = []] = [rooms.get(name), rooms.get('core')];
    expect(own.length, own.join()).toBeLessThanOrEqual(roomsMax.own);
    expect(core.length, core.join()).toBeLessThanOrEqual(roomsMax.core);
    // What reaches neither would be counted wrongly.
    expect(own.length).toBeGreaterThan(0);
    expect(core).toContain('send');
  },
);

function table(definition: TableDefinition = partitionedKeysTable) {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(definition, 'rooms') };
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
