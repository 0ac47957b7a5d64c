import { expect, test } from 'vitest';

import { LatencyHistogram } from '../run/latency-histogram.js';
import { plotPoints } from './plot-points.js';
import { plot } from './plot.js';
import { axisTicks, logTicks } from './ticks.js';

function second(operations: number, ...latenciesMs: number[]) {
  const latency = new LatencyHistogram();
  for (const ms of latenciesMs) latency.add(ms);
  return { operations, latency };
}

test('plotPoints() puts the seconds of a long run together', () => {
  const seconds = Array.from({ length: 240 }, () => second(10, 1, 1, 1, 100));
  const points = plotPoints({ seconds });
  expect(points).toHaveLength(120);
  expect(points[0]).toMatchObject({ second: 1, operationsPerSecond: 10 });
  expect(points[0]?.p50Ms).toBeCloseTo(1, 1);
  expect(points[0]?.p99Ms).toBeGreaterThan(95);
});

test('plot() draws no latency where nothing was called', () => {
  const points = plotPoints({ seconds: [second(0), second(5, 2), second(5, 3)] });
  const svg = plot({ title: 'a < b', points, kills: [1], pauses: [] });
  const lines = [...svg.matchAll(/<polyline[^>]* points="([^"]*)"/g)].map(
    ([, at]) => at?.split(' ').length,
  );
  expect(lines).toEqual([3, 2, 2]);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('1 clients killed');
});

test('axisTicks() and logTicks() are round and go as far as the values', () => {
  expect(axisTicks(425).map(({ label }) => label)).toEqual([
    '0',
    '100',
    '200',
    '300',
    '400',
    '500',
  ]);
  expect(logTicks(0.8, 1_400).map(({ value }) => value)).toEqual([0.1, 1, 10, 100, 1_000, 10_000]);
});
