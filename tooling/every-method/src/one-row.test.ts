import type { DynamoTransport, Item } from '@x/dynamo-core';
import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { partitionedKeysTable, PartitionedKeyValueTable, put } from '@x/dynamo-partitioned';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

const tableName = 'one-row';
/** Where all that can be stored of one key meets. */
const key = { partition: 'ann', namespace: 'users', sort: 'do_once.mail' };
const limit = { attemptsMax: 3, windowMs: 60_000 };
/** Beyond all expiries, but that of a claim which is never taken over. */
const laterMs = 40 * 86_400_000;

/** Begins a call whose work does not end, and goes on with it. */
function begun(call: (work: () => Promise<never>) => Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const work = (): Promise<never> => (resolve(undefined), new Promise(() => {}));
    call(work).then(resolve, reject);
  });
}

/** One row, and each thing that may be there. */
class TestSetup {
  readonly clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  readonly memory = new MemoryDynamo({ clock: this.clock });

  constructor() {
    this.memory.createTable(partitionedKeysTable, tableName);
  }

  get row(): Item | undefined {
    return this.memory.rows(tableName).find(({ partitionKey }) => partitionKey?.S === 'ann');
  }

  values(): PartitionedKeyValueTable {
    return new PartitionedKeyValueTable(this.#options());
  }

  counts(ttlSeconds?: number, dynamo?: DynamoTransport): PartitionedKeyValueCounter {
    return new PartitionedKeyValueCounter({ ...this.#options(dynamo), ttlSeconds });
  }

  attempts(): LimitedAttempt {
    return new LimitedAttempt(this.#options());
  }

  actions(options: object = {}): DoOnceManager {
    return new DoOnceManager({ ...this.#options(), onInProgress: 'throw', ...options });
  }

  /** A claim of a process that has died. */
  claim(options: object): Promise<unknown> {
    return begun((action) => this.actions(options).doOnce('ann', 'mail', action));
  }

  /** A computation that goes on. */
  compute(): Promise<unknown> {
    return begun((compute) => this.values().getOrSet(key, compute, { ttlSeconds: 9 }));
  }

  /** What each of them finds. */
  async found(): Promise<unknown[]> {
    const { attempts } = await this.attempts()
      .peek(key, limit)
      .catch(() => ({ attempts: 0 }));
    return [
      await this.values().get(key),
      await this.counts().get(key),
      attempts > 0 || undefined,
      (await this.actions().haveAlreadyDone('ann', 'mail')) || undefined,
    ];
  }

  #options(dynamo: DynamoTransport = this.memory) {
    return { dynamo, tableName, clock: this.clock };
  }
}

type Kind = 'value' | 'count' | 'attempts' | 'action';
type Step = (setup: TestSetup) => Promise<unknown>;

const living: readonly [name: string, kind: Kind, step: Step][] = [
  ['a value', 'value', (s) => s.values().set(key, 'first')],
  ['a value that expires', 'value', (s) => s.values().set(key, 'first', { ttlSeconds: 60 })],
  ['a count', 'count', (s) => s.counts().incr(key, 5)],
  ['a count that expires', 'count', (s) => s.counts(60).incr(key, 5)],
  ['attempts', 'attempts', (s) => s.attempts().attempt(key, limit)],
  ['a block', 'attempts', (s) => s.attempts().block(key, 60_000)],
  ['a claim', 'action', (s) => s.claim({})],
  ['a claim that is never taken over', 'action', (s) => s.claim({ takeover: false })],
];

const writes: readonly [name: string, kind: Kind, step: Step][] = [
  ['set', 'value', (s) => s.values().set(key, 'second')],
  ['set, with an expiry', 'value', (s) => s.values().set(key, 'second', { ttlSeconds: 600 })],
  ['setIfNotExists', 'value', (s) => s.values().setIfNotExists(key, 'second')],
  ['update', 'value', (s) => s.values().update(key, () => 'second')],
  ['transact', 'value', (s) => s.values().transact([put(key, 'second')])],
  ['getOrSet', 'value', (s) => s.values().getOrSet(key, () => 'second', { ttlSeconds: 600 })],
  ['delete', 'value', (s) => s.values().delete(key)],
  ['incr', 'count', (s) => s.counts().incr(key)],
  ['incr, with an expiry', 'count', (s) => s.counts(600).incr(key)],
  ['set of a count', 'count', (s) => s.counts().set(key, 7)],
  ['delete of a count', 'count', (s) => s.counts().delete(key)],
  ['attempt', 'attempts', (s) => s.attempts().attempt(key, limit)],
  ['record', 'attempts', (s) => s.attempts().record(key, limit)],
  ['attemptAll', 'attempts', (s) => s.attempts().attemptAll([{ key, limits: limit }])],
  ['refund', 'attempts', (s) => s.attempts().refund(key, limit)],
  ['block', 'attempts', (s) => s.attempts().block(key, 60_000)],
  ['unblock', 'attempts', (s) => s.attempts().unblock(key)],
  ['clear', 'attempts', (s) => s.attempts().clear(key)],
  ['doOnce', 'action', (s) => s.actions().doOnce('ann', 'mail', () => 1)],
  [
    'doOnce, never taken over',
    'action',
    (s) => s.actions({ takeover: false }).doOnce('ann', 'mail', () => 1),
  ],
  ['markDone', 'action', (s) => s.actions().markDone('ann', 'mail')],
];

const pairs = living.flatMap(([name, kind, begin]) =>
  writes.map(([method, other, write]) => [method, name, begin, write, kind !== other] as const),
);

describe('a row that expires holds one thing', () => {
  const beside = pairs.filter(([, , , , isOther]) => isOther);
  test.each(beside)('%s beside %s ruins nothing', async (_, __, begin, write) => {
    const setup = new TestSetup();
    await begin(setup);
    const before = setup.row;
    const error = await write(setup).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.name ?? 'KeyCollisionError').toMatch(/^(KeyCollision|UnreadableRow)Error$/);
    // A value and a count share a row that does not expire.
    const isShared = error === undefined && before?.['expiresAt'] === undefined;
    const { row } = setup;
    expect(isShared ? { ...row, ...before } : row).toEqual(isShared ? row : before);
  });

  const over = pairs.filter(([, name]) => !/never|^a (value|count)$/.test(name));
  test.each(over)('%s finds nothing where %s has expired', async (_, __, begin, write) => {
    const [setup, alone] = [new TestSetup(), new TestSetup()];
    await begin(setup);
    for (const each of [setup, alone]) {
      await each.clock.advance(laterMs);
      await write(each);
    }
    expect(await setup.found()).toEqual(await alone.found());
  });

  const foreign = living.filter(([, kind]) => kind === 'count' || kind === 'attempts');
  test.each(foreign)('clearKey leaves %s', async (_, __, begin) => {
    const setup = new TestSetup();
    await begin(setup);
    const before = setup.row;
    const cleared = setup.actions().clearKey('ann', 'mail');
    await expect(cleared).rejects.toMatchObject({ code: 'KeyCollision' });
    expect(setup.row).toEqual(before);
    await setup.clock.advance(laterMs);
    if (before?.['expiresAt']) await setup.actions().clearKey('ann', 'mail');
  });

  test('an incr that has found an expired count revives no computation that came since', async () => {
    const setup = new TestSetup();
    await setup.counts(5).incr(key);
    await setup.clock.advance(5_000);
    let sent = 0;
    const slow: DynamoTransport = {
      call: async (operation, input) => {
        if (++sent === 2) await setup.compute();
        return setup.memory.call(operation, input);
      },
    };
    expect(await setup.counts(undefined, slow).incr(key)).toBe(1);
    expect(await setup.found()).toEqual([undefined, 1, undefined, undefined]);
  });
});
