import { describeOnEngines } from '@x/conformance';
import { numberOf, S } from '@x/dynamo-core';
import { FaultHandler, type Fault } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { KeyValueCounter, keysTable } from '../src/index.js';

/** As many at a time as a repeat may meet, and itself. */
const clients = 16;
const each = 13;
const all = clients * each;

/** What happens to every fourth response, in turn. Each of them was applied. */
const faults: readonly Fault[] = [
  { kind: 'drop-after' },
  { kind: 'duplicate' },
  { kind: 'error', name: 'InternalServerError', status: 500, applied: true },
];

interface Outcome {
  /** The counts that callers got. */
  readonly counts: readonly number[];
  /** The counts of callers whose requests met no fault. */
  readonly untouched: readonly number[];
  /** What the table says in the end. */
  readonly stored: number | undefined;
  readonly attempts: number;
}

describeOnEngines('208 increments from 16 clients, 16 at a time', (engine) => {
  async function run(exactlyOnce: boolean, by: (n: number) => number): Promise<Outcome> {
    const tableName = await engine.createTable(keysTable);
    const handler = new FaultHandler(({ attempt, retry }) =>
      // The SDK gives a request up after its fourth attempt.
      attempt % 4 === 0 && retry < 3 ? faults[(attempt / 4) % faults.length] : undefined,
    );
    const options = { tableName, namespace: '', exactlyOnce };
    const counters = Array.from(
      { length: clients },
      () => new KeyValueCounter({ dynamo: engine.client({ faults: handler }), ...options }),
    );
    const counts: number[] = [];
    for (let round = 0; round < each; round++) {
      const calls = counters.map((counter, n) => counter.incr('a', by(round * clients + n)));
      counts.push(...(await Promise.all(calls)));
    }
    const faulty = new Set(
      handler.log.flatMap((e) => (e.fault.kind === 'pass' ? [] : [e.request])),
    );
    // A request is one increment: the amount tells which count it led to.
    const amounts = handler.log.flatMap(({ request, input }) => {
      const values = input['ExpressionAttributeValues'] as { ':amount': { N: string } };
      return faulty.has(request) ? [] : [Number(values[':amount'].N)];
    });
    const indexes = Array.from({ length: all }, (_, n) => n).filter((n) => amounts.includes(by(n)));
    return {
      counts,
      untouched: indexes.map((n) => counts[n] ?? Number.NaN),
      stored: numberOf(await engine.row(tableName, { key: S('a') }), 'count'),
      attempts: handler.log.length,
    };
  }

  test('end at exactly the acknowledged sum, and each caller sees its own', async () => {
    // Distinct amounts tell the callers apart.
    const by = (n: number): number => n + 1;
    const { counts, untouched, stored, attempts } = await run(true, by);
    const sum = counts.reduce((total, _, n) => total + by(n), 0);
    expect(counts).toHaveLength(all);
    expect(stored).toBe(sum);
    expect(counts.every((count, n) => count >= by(n) && count <= sum)).toBe(true);
    expect(attempts).toBeGreaterThan(all);
    expect(untouched.length).toBeGreaterThan(all / 2);
    expect(new Set(untouched).size).toBe(untouched.length);
  });

  test('show that the faults bite: bare increments count too much', async () => {
    const { counts, stored } = await run(false, () => 1);
    expect(stored).toBeGreaterThan(counts.length);
  });
});
