import type { SoakOptions } from '../run/soak-options.js';
import type { SoakResult } from '../run/soak.js';

/** Prints what a run came to. */
export function printSummary(result: SoakResult, options: SoakOptions): void {
  const { statistics, violations, elapsedMs } = result;
  const { engine, seed, clients, durationMs } = options;
  const workloads = [...statistics.workloads].toSorted(byName);
  const faults = [...statistics.faults].toSorted(byName);
  const injected = faults.reduce((sum, [, count]) => sum + count, 0);
  const seconds = durationMs / 1_000;
  const operations = statistics.sum('operations');
  console.log(`\n${seconds} s on ${engine} with ${clients} client processes, seed ${seed}\n`);
  console.table(Object.fromEntries(workloads));
  console.log(`
operations              ${operations}, ${Math.round(operations / seconds)} a second
requests sent           ${statistics.requests}
faults injected         ${injected}: ${faults.map(([name, count]) => `${name} ${count}`).join(', ')}
clients killed          ${statistics.kills}, each replaced
clients stopped         ${statistics.pauses}, for 0.2 to 2.5 s
rounds judged           ${statistics.rounds}
invariants checked      ${statistics.sum('checks')}
violations              ${violations.length}
took                    ${(elapsedMs / 1_000).toFixed(1)} s`);
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
