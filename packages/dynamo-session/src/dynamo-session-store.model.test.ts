import { keysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import type { SessionData } from 'express-session';
import { expect, test } from 'vitest';

import { DynamoSessionStore } from './dynamo-session-store.js';

/** A session as it is meant to be. */
interface Known {
  readonly data: object;
  readonly hasCookieEnd: boolean;
  endMs: number;
}

/** What is set, touched and destroyed, at any millisecond, is what each method shows. */
async function compare(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (max: number): number => Math.floor(random.unit() * max);
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) + below(1_000) });
  const dynamo = new MemoryDynamo({ clock, ttl: below(2) === 0 ? 'on' : 'off' });
  const tableName = dynamo.createTable(keysTable, 'sessions');
  const store = new DynamoSessionStore({ dynamo, tableName, clock, ttlSeconds: 2.5 });
  const call = (
    name: 'set' | 'touch' | 'get' | 'destroy' | 'all' | 'length',
    ...args: unknown[]
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const method = store[name] as (...given: unknown[]) => void;
      method.call(store, ...args, (error: Error | null, answer: unknown) =>
        error ? reject(error) : resolve(answer),
      );
    });
  const model = new Map<string, Known>();
  const livingOf = (sid: string): Known | undefined => {
    const known = model.get(sid);
    return known && known.endMs > clock.now() ? known : undefined;
  };
  const ids = ['a', 'b', 'c'];
  const log: string[] = [];
  for (let step = 0; step < 50; step++) {
    const sid = ids[below(ids.length)] as string;
    const hasCookieEnd = below(3) > 0;
    const endMs = clock.now() + (hasCookieEnd ? below(4_000) - 200 : 2_500);
    const data = { n: below(100) };
    const expires = hasCookieEnd ? new Date(endMs) : undefined;
    const session = { ...data, cookie: { expires } } as unknown as SessionData;
    const known = livingOf(sid);
    const what = ['set', 'touch', 'touch', 'destroy', 'wait', 'wait', 'wait'][below(7)] as string;
    log.push(`${what} ${sid} ${endMs} at ${clock.now()}`);
    if (what === 'wait') await clock.advance([1, 10, 300, 999, 1_000, 1_500][below(6)] as number);
    else if (what === 'destroy') await call(what, sid);
    else await call(what as 'set', sid, session);
    if (what === 'set') model.set(sid, { data, hasCookieEnd, endMs });
    if (what === 'touch' && known) known.endMs = endMs;
    if (what === 'destroy') model.delete(sid);

    const expected = ids.flatMap((id) => {
      const living = livingOf(id);
      if (living === undefined) return [];
      const end = new Date(living.endMs).toJSON();
      return [[id, { ...living.data, cookie: living.hasCookieEnd ? { expires: end } : {} }]];
    });
    const single = await Promise.all(ids.map(async (id) => [id, await call('get', id)]));
    const context = log.join('\n');
    expect(
      single.filter(([, found]) => found !== null),
      context,
    ).toEqual(expected);
    expect(await call('all'), context).toEqual(Object.fromEntries(expected));
    expect(await call('length'), context).toBe(expected.length);
  }
}

test('shows what was set, touched and destroyed, to the millisecond', async () => {
  for (let seed = 1; seed <= 20; seed++) await compare(seed);
});
