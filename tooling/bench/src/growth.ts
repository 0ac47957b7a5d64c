import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { keysTable, type DynamoTransport } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { MemoryDynamo } from '@x/dynamo-testing';

import { growthCases, type GrowthCase } from './growth-cases.js';

const sizes = [1_000, 10_000, 100_000] as const;

/** Of so many runs at the least the fastest counts: of few small ones it would be the compiler's time. */
const runsMin = (n: number): number => Math.max(2, Math.min(30, 50_000 / n));

/** Time per operation at the largest size over that at the smallest is at most this. */
const growthMax = 1.5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Prints what an operation takes as rows, keys and waiters become more, on a `MemoryDynamo`. */
export async function printGrowth(part = ''): Promise<void> {
  console.log(
    'Processor time per operation on a MemoryDynamo, in µs, the fastest of several runs.\n',
  );
  console.log(line('', [...sizes.map((n) => `at ${n}`), 'growth', '']));
  for (const growthCase of growthCases.filter(({ name }) => name.includes(part))) {
    const times: number[] = [];
    for (const n of sizes) times.push(await usAt(growthCase, n));
    const growth = (times.at(-1) as number) / (times[0] as number);
    const mark = growth <= growthMax ? '✓' : `above ${growthMax}`;
    const cells = [...times.map((us) => us.toFixed(1)), growth.toFixed(2), mark];
    console.log(line(growthCase.name, cells));
  }
  const { takes, holds, atOnce } = await memoryOfSetMany(100_000);
  console.log(
    `\nsetMany of 100,000 rows takes ${takes} MB until it begins to send, of which it holds ${holds}; ${atOnce} requests at once`,
  );
}

function line(name: string, cells: readonly string[]): string {
  return [name.padEnd(42), ...cells.map((cell) => cell.padStart(12))].join('').trimEnd();
}

async function usAt({ table, prepare }: GrowthCase, n: number): Promise<number> {
  let fastest = Infinity;
  for (let runs = 0; runs < runsMin(n);) {
    const memory = new MemoryDynamo();
    memory.createTable({ ...table, name: 'bench' });
    const { run, operations, repeats = 1 } = await prepare(memory, n);
    // Once: the threads that sweep behind it count as processor time, too.
    collect();
    for (const end = runs + repeats; runs < end; runs++) {
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      fastest = Math.min(fastest, (user + system) / operations);
    }
  }
  return fastest;
}

/** How many megabytes it has taken and holds when the first batch goes out, and how many go out at once. */
async function memoryOfSetMany(
  n: number,
): Promise<{ takes: number; holds: number; atOnce: number }> {
  let [takes, holds] = [0, 0];
  let [underWay, atOnce] = [0, 0];
  const entries = Array.from({ length: n }, (_, index) => [`id-${index}`, { a: index }] as const);
  collect();
  const before = process.memoryUsage().heapUsed;
  const megabytes = (): number => Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20);
  const dynamo: DynamoTransport = {
    usesSockets: false,
    call: async () => {
      atOnce = Math.max(atOnce, ++underWay);
      if (takes === 0) {
        takes = megabytes();
        collect();
        holds = megabytes();
      }
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return {} as never;
    },
  };
  const table = new KeyValueTable({ dynamo, tableName: keysTable.name, namespace: 'bench' });
  await table.setMany(entries);
  return { takes, holds, atOnce };
}
