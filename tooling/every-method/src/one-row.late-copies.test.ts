import type { DynamoInput, DynamoOperation, DynamoTransport, Item } from '@x/dynamo-core';
import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { partitionedKeysTable, PartitionedKeyValueTable, put } from '@x/dynamo-partitioned';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

const tableName = 'one-row';
const key = { partition: 'ann', namespace: 'app', sort: 'a' };
const limit = { attemptsMax: 50, windowMs: 1_000 };
/** A copy is known while fewer other writes of its kind have come. */
const remembered = { value: 8, count: 16, attempts: 16 };
type Kind = keyof typeof remembered;

/** A copy of a write that was applied. It arrives some time. */
interface Copy {
  readonly name: string;
  readonly kind: Kind;
  readonly send: () => Promise<unknown>;
  /** How many writes of its kind came since. */
  others: number;
}

type Step = readonly [name: string, kind: Kind | undefined, run: () => Promise<unknown>];

async function run(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (max: number): number => Math.floor(random.unit() * max);
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  const memory = new MemoryDynamo({ clock });
  memory.createTable(partitionedKeysTable, tableName);
  const row = (): Item | undefined => memory.rows(tableName)[0];
  let latest: Copy['send'] = () => Promise.resolve();
  const dynamo: DynamoTransport = {
    usesSockets: false,
    async call<O extends DynamoOperation>(operation: O, input: DynamoInput<O>) {
      const output = await memory.call(operation, input);
      latest = () => memory.call(operation, input);
      return output;
    },
  };
  const options = { dynamo, tableName, clock, random };
  const values = new PartitionedKeyValueTable(options);
  const [counts, dying] = [undefined, 5].map(
    (ttlSeconds) => new PartitionedKeyValueCounter({ ...options, ttlSeconds }),
  ) as [PartitionedKeyValueCounter, PartitionedKeyValueCounter];
  const limiter = new LimitedAttempt(options);
  const ttl = { ttlSeconds: 5 };
  const steps: readonly Step[] = [
    ['set', 'value', () => values.set(key, random.unit())],
    ['set for a time', 'value', () => values.set(key, random.unit(), ttl)],
    ['setIfNotExists', 'value', () => values.setIfNotExists(key, random.unit(), ttl)],
    ['update', 'value', () => values.update<number>(key, () => random.unit())],
    ['transact', 'value', () => values.transact([put(key, random.unit())])],
    ['getOrSet', 'value', () => values.getOrSet(key, () => random.unit(), ttl)],
    ['incr', 'count', () => counts.incr(key)],
    ['incr for a time', 'count', () => dying.incr(key)],
    ['set of a count', 'count', () => counts.set(key, below(100))],
    ['max', 'count', () => counts.max(key, below(100))],
    ['attempt', 'attempts', () => limiter.attempt(key, limit)],
    ['record', 'attempts', () => limiter.record(key, limit)],
    ['refund', 'attempts', () => limiter.refund(key, limit)],
    ['block', 'attempts', () => limiter.block(key, 500)],
    ['unblock', 'attempts', () => limiter.unblock(key)],
    ['delete', undefined, () => values.delete(key)],
    ['delete of a count', undefined, () => counts.delete(key)],
    ['a second', undefined, () => clock.advance(1_000)],
    ['three days', undefined, () => clock.advance(3 * 86_400_000)],
  ];
  let copies: Copy[] = [];
  const log: string[] = [];
  for (let step = 0; step < 60; step++) {
    const [name, kind, change] = steps[below(steps.length)] as Step;
    const before = row();
    const error = await change().then(
      () => undefined,
      (reason: Error) => reason,
    );
    log.push(error === undefined ? name : `${name} (${error.name})`);
    expect(error?.name ?? 'KeyCollisionError').toMatch(/KeyCollision|UnreadableRow|Attempts/);
    const hasChanged = JSON.stringify(before) !== JSON.stringify(row());
    if (kind !== undefined && error === undefined && hasChanged) {
      for (const copy of copies) if (copy.kind === kind) copy.others++;
      copies.push({ name, kind, send: latest, others: 0 });
    }
    // What is stated to forget: a delete, of what it deletes.
    if (row() === undefined) copies = [];
    const deleted =
      hasChanged && name.startsWith('delete') && (/count/.test(name) ? 'count' : 'value');
    copies = copies.filter(({ kind, others }) => kind !== deleted && others < remembered[kind]);
    for (const { name: copied, send } of copies.filter(() => random.unit() < 0.15)) {
      const found = row();
      await send().catch(() => undefined);
      expect(row(), `a copy of ${copied} after ${log.join(', ')}`).toEqual(found);
    }
  }
}

test('late copies change nothing, whatever has come into the row or expired since', async () => {
  for (let seed = 1; seed <= 150; seed++) await run(seed);
});
