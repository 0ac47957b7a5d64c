import { describeOnEngines } from '@x/conformance';
import { numberOf, S } from '@x/dynamo-core';
import { FaultHandler, type Fault } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { KeyValueCounter, keysTable } from '../src/index.js';

const clients = 20;
const each = 10;
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

describeOnEngines('200 parallel increments from 20 clients', (engine) => {
  async function run(exactlyOnce: boolean, by: (n: number) => number): Promise<Outcome> {
    const tableName = await engine.createTable(keysTable);
    const handler = new FaultHandler(({ attempt, retry }) =>
      // The SDK gives a request up after its fourth attempt.
      attempt % 4 === 0 && retry < 3 ? faults[(attempt / 4) % faults.length] : undefined,
    );
    const increments = Array.from({ length: clients }, (_, client) => {
      // A repeat must find its increment although 199 others may land in between.
      const options = { tableName, namespace: '', exactlyOnce, changesRemembered: all };
      const dynamo = engine.client({ faults: handler });
      const counter = new KeyValueCounter({ dynamo, ...options });
      return Array.from({ length: each }, async (_, n) => counter.incr('a', by(client * each + n)));
    });
    const counts = await Promise.all(increments.flat());
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
