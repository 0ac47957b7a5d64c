import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import {
  keysTable,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
} from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { MemoryDynamo } from '@x/dynamo-testing';

import { growthCases, type GrowthCase, type Measured } from './growth-cases.js';
import { requestsPerChange } from './writers.js';

const sizes = [1_000, 10_000, 100_000] as const;

/** Of so many runs at the least the fastest counts: of few small ones it would be the compiler's time. */
const runsMin = (n: number): number => Math.max(2, Math.min(30, 50_000 / n));

/** Of the time per operation, from the smallest size to the largest. */
const growthMax = 1.5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Prints what an operation takes as rows, keys and waiters become more, on a `MemoryDynamo`. */
export async function printGrowth(part = ''): Promise<void> {
  console.log(
    'Processor time per operation on a MemoryDynamo, in µs, the fastest of several runs, and in brackets that of its\n' +
      'requests alone, sent by hand to rows like those. How it grows, and how where the growth of those is divided out:\n',
  );
  console.log(line('', [...sizes.map((n) => `at ${n}`), 'all', 'ours', '']));
  for (const growthCase of growthCases.filter(({ name }) => name.includes(part))) {
    const times: Times[] = [];
    for (const n of sizes) times.push(await timesAt(growthCase, n));
    const [first, last] = [times[0], times.at(-1)] as [Times, Times];
    const growth = last.us / first.us;
    // Where hardly anything is sent, all of it is ours.
    const isSent = first.bareUs > 0.1 * first.us;
    const ours = isSent ? growth / (last.bareUs / first.bareUs) : growth;
    const cells = times.map(({ us, bareUs }) => `${us.toFixed(1)} (${bareUs.toFixed(1)})`);
    const mark = ours <= growthMax ? '✓' : `above ${growthMax}`;
    console.log(line(growthCase.name, [...cells, growth.toFixed(2), ours.toFixed(2), mark]));
  }
  const { takes, holds, atOnce } = await memoryOfSetMany(100_000);
  console.log(
    `\nsetMany of 100,000 rows takes ${takes} MB until it begins to send, of which it holds ${holds}; ${atOnce} requests at once`,
  );
  const perChange = await requestsPerChange(200);
  console.log(
    `200 writers on one set, each request of 2 to 10 ms, send ${perChange} for each change`,
  );
}

function line(name: string, cells: readonly string[]): string {
  return [name.padEnd(42), ...cells.map((cell) => cell.padStart(15))].join('').trimEnd();
}

/** Of an operation, and of what it sends where that is sent by hand. */
interface Times {
  readonly us: number;
  readonly bareUs: number;
}

type Sent = readonly [DynamoOperation, DynamoInput<DynamoOperation>];

async function timesAt(growthCase: GrowthCase, n: number): Promise<Times> {
  let [us, bareUs] = [Infinity, Infinity];
  for (let runs = 0; runs < runsMin(n);) {
    const sent = await requestsOf(growthCase, n);
    const { run, operations } = (await prepared(growthCase, n)).measured;
    const { memory } = await prepared(growthCase, n);
    us = Math.min(us, (await fastestUs(sent, run)) / operations);
    bareUs = Math.min(
      bareUs,
      (await fastestUs(sent, (each) => sendAll(memory, each))) / operations,
    );
    runs += sent.length;
  }
  return { us, bareUs };
}

async function prepared(
  { table, prepare }: GrowthCase,
  n: number,
  wrap: (memory: MemoryDynamo) => DynamoTransport = (memory) => memory,
): Promise<{ readonly memory: MemoryDynamo; readonly measured: Measured }> {
  const memory = new MemoryDynamo();
  memory.createTable({ ...table, name: 'bench' });
  return { memory, measured: await prepare(wrap(memory), n) };
}

/** What each of the runs sends that there can be on the same rows. */
async function requestsOf(growthCase: GrowthCase, n: number): Promise<Sent[][]> {
  let sent: Sent[] = [];
  const { measured } = await prepared(growthCase, n, (memory) => ({
    usesSockets: false,
    call(operation, input, options) {
      sent.push([operation, input]);
      return memory.call(operation, input, options);
    },
  }));
  const { run, repeats = 1 } = measured;
  const runs: Sent[][] = [];
  while (runs.length < repeats) {
    sent = [];
    await run();
    runs.push(sent);
  }
  return runs;
}

/** Keeps the answers as long as a caller of the operation has them. */
async function sendAll(dynamo: DynamoTransport, requests: readonly Sent[]): Promise<unknown> {
  const answers: unknown[] = [];
  for (const [operation, input] of requests) {
    answers.push(await dynamo.call(operation, input).catch((error: unknown) => error));
  }
  return answers;
}

/** The processor time of the fastest run, in microseconds. */
async function fastestUs<T>(
  runs: readonly T[],
  run: (each: T) => Promise<unknown>,
): Promise<number> {
  let fastest = Infinity;
  // Once: the threads that sweep behind it count as processor time, too.
  collect();
  for (const each of runs) {
    const before = process.cpuUsage();
    await run(each);
    const { user, system } = process.cpuUsage(before);
    fastest = Math.min(fastest, user + system);
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
