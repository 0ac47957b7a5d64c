import { KeyCollisionError } from '@x/dynamo-core';
import { countsRemembered } from '@x/dynamo-core/mechanism';
import {
  KeyValueCounter,
  PartitionedKeyValueCounter,
  type WindowedCounter,
} from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';

import type { Worker } from '../client/worker.js';
import { outputOf } from '../run/round.js';
import { sumBounds } from './sum-bounds.js';
import type { Workload } from './workload.js';

const keysPerRound = 8;
const changesMax = 3;
/** Each of them comes again and again. */
const messagesPerKey = 12;
/** Windows of both begin at one moment, in 2023, and end when nobody soaks any more. */
const windowMsOf = { 'short window': 850_000_000_000, 'long window': 1_700_000_000_000 };
type Window = keyof typeof windowMsOf;
const windows = Object.keys(windowMsOf) as Window[];
/** Beyond the round, also by a clock that was set by minutes, which no answer has corrected yet. */
const ttlSeconds = 600;
const pauseMsMax = 10;

/**
 * Increments and decrements in both tables: the count is the sum of what was acknowledged, though
 * values come and go in its row. One that expires finds no place beside a count. Messages count once,
 * however often they come. Windows of two lengths count apart.
 *
 * One that is broken on purpose counts with a bare ADD.
 */
export const counterWorkload: Workload = {
  name: 'counter',

  start: (worker) => {
    const exactlyOnce = !worker.isBroken;
    const inKeys = { ...worker.on('keys'), namespace: 'soak' };
    const counter = new KeyValueCounter({ ...inKeys, exactlyOnce });
    const partitioned = new PartitionedKeyValueCounter({
      ...worker.on('partitioned'),
      exactlyOnce,
    });
    const kv = new KeyValueTable(inKeys);
    const limiter = new LimitedAttempt(worker.on('partitioned'));
    const namespace = 'soak-marked';
    const marked = new KeyValueCounter({ ...inKeys, namespace, exactlyOnce, ttlSeconds });
    const windowed = windowsOf(counter);
    const counted = new Set<string>();
    const partitionedCounted = new Set<string>();
    return async () => {
      const sort = `r${worker.round}-${worker.pick(keysPerRound)}`;
      if (worker.pick(4) === 0) {
        const token = `${sort}-${worker.pick(messagesPerKey)}`;
        const given = worker.isBroken ? {} : { token, tokenTtlSeconds: ttlSeconds };
        await worker.call('message', sort, token, () => marked.incr(sort, 1, given));
        return worker.pause(pauseMsMax);
      }
      const by = worker.pick(2 * changesMax + 1) - changesMax;
      if (worker.pick(6) === 0) {
        const window = windows[worker.pick(2)] as Window;
        await worker.call(window, sort, by, () => windowed[window].incr(sort, by));
      } else if (worker.pick(4) === 0) await changeValue(worker, kv, sort, counted.has(sort));
      else if (worker.pick(2) === 0) {
        const call = await worker.call('incr', sort, by, () => counter.incr(sort, by));
        if (call !== undefined) counted.add(sort);
      } else {
        const key = { partition: 'soak', namespace: 'counts', sort };
        if (partitionedCounted.has(sort) && worker.pick(4) === 0) {
          await worker.call('attempt', sort, null, () =>
            findsPlace(limiter.attempt(key, { attemptsMax: 5, windowMs: 600_000 })),
          );
        }
        const call = await worker.call('partitioned incr', sort, by, () =>
          partitioned.incr(key, by),
        );
        if (call !== undefined) partitionedCounted.add(sort);
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const keys = round.keys();
    const options = { dynamo, tableName: tables.keys };
    const counter = new KeyValueCounter({ ...options, namespace: 'soak' });
    const partitioned = new PartitionedKeyValueCounter({ dynamo, tableName: tables.partitioned });
    const counts = await counter.get(keys, { consistent: true });
    for (const { id, count = 0 } of counts) judge(id, 'incr', count);
    const windowed = windowsOf(counter);
    for (const window of windows) {
      const inWindow = await windowed[window].get(keys, { consistent: true });
      for (const { id, count = 0 } of inWindow) judge(id, window, count);
    }
    const marked = new KeyValueCounter({ ...options, namespace: 'soak-marked' });
    for (const { id, count = 0 } of await marked.get(keys, { consistent: true })) {
      const messages = round.callsOf(id, 'message');
      const known = messages.filter((call) => outputOf(call) !== undefined);
      const [least, most] = [known, messages].map((m) => new Set(m.map(({ input }) => input)).size);
      findings.expect(
        count >= (least ?? 0) && count <= (most ?? 0),
        () =>
          `${messages.length} deliveries of ${least} to ${most} messages count ${count} in ${id}`,
      );
    }
    for (const sort of keys) {
      const key = { partition: 'soak', namespace: 'counts', sort };
      judge(sort, 'partitioned incr', (await partitioned.get(key, { consistent: true })) ?? 0);
      findings.expect(
        !round.callsOf(sort, 'set with a TTL').some((call) => outputOf<boolean>(call)?.output),
        () => `a value that expires was stored beside counter ${sort}`,
      );
      findings.expect(
        !round.callsOf(sort, 'attempt').some((call) => outputOf<boolean>(call)?.output),
        () => `an attempt was counted beside counter ${sort}`,
      );
    }

    function judge(key: string, operation: string, count: number): void {
      const { least, most, text } = sumBounds(round.callsOf(key, operation), {
        remembered: countsRemembered,
        byOf: ({ input }) => Number(input),
      });
      findings.expect(
        count >= least && count <= most,
        () => `counter ${key} (${operation}) is ${count}, not ${least} to ${most}: ${text}`,
      );
    }
  },
};

function windowsOf(counter: KeyValueCounter): Readonly<Record<Window, WindowedCounter>> {
  const [short, long] = windows.map((name) => counter.windowed({ windowMs: windowMsOf[name] }));
  return { 'short window': short, 'long window': long } as Record<Window, WindowedCounter>;
}

/** Values share the row of a count. One with a TTL is only tried where a count is known to be. */
async function changeValue(
  worker: Worker,
  kv: KeyValueTable,
  id: string,
  isCounted: boolean,
): Promise<void> {
  const choice = worker.pick(4);
  if (choice === 0) await worker.call('delete', id, null, () => kv.delete(id));
  else if (choice > 1) await worker.call('set', id, null, () => kv.set(id, 1));
  else if (isCounted) {
    await worker.call('set with a TTL', id, null, () => findsPlace(kv.set(id, 1, { ttlSeconds })));
  }
}

/** Whether a write finds a place in the row of a count: what expires stands alone. */
async function findsPlace(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof KeyCollisionError) return false;
    throw error;
  }
}
