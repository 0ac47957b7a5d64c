import { describeOnOneEngine } from '@x/conformance';
import { describe, expect, inject, test } from 'vitest';

import { soak } from '../src/run/soak.js';
import type { SoakOptions } from '../src/run/soak-options.js';
import { workloads } from '../src/workloads/workloads.js';

const histories = workloads.filter(({ name }) => name.startsWith('history-'));

/** A short run with rounds of a second. */
const short = {
  seed: 1,
  clients: 4,
  roundMs: 1_000,
  killEveryMs: 2_000,
} satisfies Partial<SoakOptions>;

describeOnOneEngine('soak()', ({ name: engine, endpoint }) => {
  test('finds that the calls of several processes fit into an order, under faults and kills', async () => {
    const { statistics, violations } = await soak({
      ...short,
      endpoint,
      engine,
      durationMs: 30_000,
      workloads: histories.map(({ name }) => name),
      isEnough: ({ workloads: counts, kills }) =>
        kills > 0 && histories.every(({ name }) => (counts.get(name)?.checks ?? 0) >= 2),
    });

    expect(violations).toEqual([]);
    expect(statistics.faults.size).toBeGreaterThan(1);
    expect(statistics.kills).toBeGreaterThan(0);
    for (const { name } of histories) {
      expect(statistics.of(name).checks, name).toBeGreaterThanOrEqual(2);
    }
  }, 60_000);
});

describe('soak() with clients that do it wrong', () => {
  test('finds the violations of every workload', async () => {
    const [address] = inject('engines');
    if (address === undefined) throw new Error('Cannot find an engine');
    const names = workloads.map(({ name }) => name);
    const { statistics, violations } = await soak({
      ...short,
      endpoint: address.endpoint,
      engine: address.name,
      durationMs: 180_000,
      killEveryMs: 20_000,
      workloads: names,
      broken: names,
      isEnough: ({ workloads: counts }) =>
        names.every((name) => (counts.get(name)?.violations ?? 0) > 0),
    });

    const found = names.filter((name) => statistics.of(name).violations > 0);
    expect(found).toEqual(names);
    expect(violations.length).toBeGreaterThanOrEqual(names.length);
  }, 240_000);
});
