import type { SoakOptions } from '../run/soak-options.js';
import type { SoakResult } from '../run/soak.js';

/** The table at the end of a run. */
export function summaryOf(result: SoakResult, options: SoakOptions): string {
  const { statistics, violations, elapsedMs } = result;
  const { engine, seed, clients, durationMs } = options;
  const rows = [['workload', 'operations', 'failed', 'unknown', 'checks', 'violations']];
  const sums = [0, 0, 0, 0, 0];
  for (const [name, counts] of [...statistics.workloads].toSorted(byName)) {
    const { operations, failed, unknown, checks, violations: bad } = counts;
    const numbers = [operations, failed, unknown, checks, bad];
    numbers.forEach((number, index) => (sums[index] = (sums[index] ?? 0) + number));
    rows.push([name, ...numbers.map(grouped)]);
  }
  rows.push(['all', ...sums.map(grouped)]);
  const faults = [...statistics.faults].toSorted(byName);
  const injected = faults.reduce((sum, [, count]) => sum + count, 0);
  const perSecond = Math.round((sums[0] ?? 0) / (durationMs / 1_000));
  const [p50, p99] = [50, 99].map((percent) =>
    (statistics.latency.percentile(percent) / 1_000).toFixed(1),
  );
  return [
    `${durationMs / 1_000} s on ${engine} with ${clients} client processes, seed ${seed}`,
    '',
    ...aligned(rows),
    '',
    `operations per second   ${grouped(perSecond)}`,
    `requests sent           ${grouped(statistics.requests)}`,
    `latency                 p50 ${p50} ms, p99 ${p99} ms (calls that wait for others left out)`,
    `faults injected         ${grouped(injected)}: ${faults.map(([name, count]) => `${name} ${grouped(count)}`).join(', ')}`,
    `clients killed          ${statistics.kills}, each replaced`,
    `clients stopped         ${statistics.pauses}, for 0.2 to 2.5 s`,
    `rounds judged           ${grouped(statistics.rounds)}`,
    `invariants checked      ${grouped(sums[3] ?? 0)}`,
    `violations              ${violations.length}`,
    `took                    ${(elapsedMs / 1_000).toFixed(1)} s`,
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
