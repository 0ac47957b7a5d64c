import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keysTable, type Dynamo } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { LightClient } from '@x/dynamo-light-client';
import { undiciHttp } from '@x/dynamo-light-client/undici';

import { bundles, startMs } from './cold-start.js';
import { pairedRounds, shown, spreadOf } from './rounds.js';
import { startStub } from './stub.js';

const concurrency = 16;
// Long rounds: one that is short pays for what the other has left to be collected.
const options = { rounds: 15, runs: 1_000, otherRuns: 1_000, warmUpRuns: 2_000, concurrency };
const coldStarts = 11;

/** The most that each figure may be: times are over the SDK's. */
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
  const ratios: number[] = [];
  const times: { light: number[]; sdk: number[] } = { light: [], sdk: [] };
  for (let round = 0; round < coldStarts; round++) {
    const [ofSdk, ofLight] = [
      await startMs(overSdk, stub.endpoint),
      await startMs(overLight, stub.endpoint),
    ];
    times.sdk.push(ofSdk);
    times.light.push(ofLight);
    ratios.push(ofLight / ofSdk);
  }
  const coldStart = spreadOf(ratios);
  console.log(
    `kv over the light client, over the same with the SDK, on Node.js ${process.version}:`,
  );
  console.log('medians (quartiles).');
  console.table({
    [`CPU of set, ${concurrency} at once, node:http`]: row(node.ratio.median, aims.node, {
      light: `${shown(node.us, 0)} µs`,
      SDK: `${shown(node.otherUs, 0)} µs`,
      ratio: shown(node.ratio, 2),
    }),
    [`CPU of set, ${concurrency} at once, undici`]: row(overUndici.ratio.median, aims.undici, {
      light: `${shown(overUndici.us, 0)} µs`,
      SDK: `${shown(overUndici.otherUs, 0)} µs`,
      ratio: shown(overUndici.ratio, 2),
    }),
    'CPU from start to first answer, bundled': row(coldStart.median, aims.coldStart, {
      light: `${shown(spreadOf(times.light), 0)} ms`,
      SDK: `${shown(spreadOf(times.sdk), 0)} ms`,
      ratio: shown(coldStart, 2),
    }),
    'one file with kv, minified and gzipped': row(gzipBytes, aims.gzipBytes, {
      light: `${gzipBytes} B`,
    }),
  });
}

function row(value: number, aim: number, cells: Readonly<Record<string, string>>): object {
  return { ...cells, aim: `${value <= aim ? '✓' : '✗'} at most ${aim}` };
}
