import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keysTable, type Dynamo } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { LightClient } from '@x/dynamo-light-client';
import { undiciHttp } from '@x/dynamo-light-client/undici';

import { bundles, startUs } from './cold-start.js';
import { pairedOf, pairedRounds, shown, type Paired } from './rounds.js';
import { startStub } from './stub.js';

const concurrency = 16;
// Long rounds: one that is short pays for what the other has left to be collected.
const options = { rounds: 15, runs: 1_000, otherRuns: 1_000, warmUpRuns: 2_000, concurrency };
const coldStarts = 11;

/** The most that each figure may be: times are divided by the SDK's. */
const aims = { node: 0.25, undici: 0.16, coldStart: 0.25, gzipBytes: 20_000 } as const;

/** Prints what the light client takes, over the SDK: processor time, cold start and one file. */
export async function printLight(): Promise<void> {
  await using stub = await startStub();
  const region = 'eu-central-1';
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const config = { endpoint: stub.endpoint, region, credentials };
  const sdk = new DynamoDBClient(config);
  const light = new LightClient(config);
  const undici = new LightClient({ ...config, http: undiciHttp() });
  const setThrough = (dynamo: Dynamo): (() => Promise<void>) => {
    const table = new KeyValueTable({ dynamo, tableName: keysTable.name, namespace: 'bench' });
    return () => table.set('id', { a: 1, b: 'text' });
  };
  const node = await pairedRounds(setThrough(light), setThrough(sdk), options);
  const overUndici = await pairedRounds(setThrough(undici), setThrough(sdk), options);
  for (const client of [sdk, light, undici]) client.destroy();

  const { overSdk, overLight, gzipBytes } = await bundles();
  const starts: { us: number; otherUs: number }[] = [];
  for (let round = 0; round < coldStarts; round++) {
    const otherUs = await startUs(overSdk, stub.endpoint);
    starts.push({ us: await startUs(overLight, stub.endpoint), otherUs });
  }
  const rows: readonly (readonly [name: string, aim: number, paired: Paired])[] = [
    [`CPU of set, ${concurrency} at once, node:http`, aims.node, node],
    [`CPU of set, ${concurrency} at once, undici`, aims.undici, overUndici],
    ['CPU from start to first answer, bundled', aims.coldStart, pairedOf(starts)],
  ];
  console.log(
    `kv over the light client, over the same with the SDK, on Node.js ${process.version}:`,
  );
  console.log('medians (quartiles).');
  console.table({
    ...Object.fromEntries(
      rows.map(([name, aim, { us, otherUs, ratio }]) => [
        name,
        {
          light: `${shown(us, 0)} µs`,
          SDK: `${shown(otherUs, 0)} µs`,
          ratio: shown(ratio, 2),
          aim: met(ratio.median, aim),
        },
      ]),
    ),
    'one file with kv, minified and gzipped': {
      light: `${gzipBytes} B`,
      aim: met(gzipBytes, aims.gzipBytes),
    },
  });
}

function met(value: number, aim: number): string {
  return `${value <= aim ? '✓' : '✗'} at most ${aim}`;
}
