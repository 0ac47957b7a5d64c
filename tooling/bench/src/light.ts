import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keysTable, type Dynamo } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { LightClient, type HttpRequest, type LightClientOptions } from '@x/dynamo-light-client';
import { undiciHttp } from '@x/dynamo-light-client/undici';

import { bareNodeHttp, bareUndici } from './bare.js';
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
  const overSdk = (run: () => Promise<unknown>): Promise<Paired> =>
    pairedRounds(run, setThrough(sdk), options);
  const sent = await sentThrough(config, setThrough);
  const set = `CPU of set, ${concurrency} at once`;
  const rows: [name: string, paired: Paired, aim?: number][] = [
    [`${set}, node:http`, await overSdk(setThrough(light)), aims.node],
    ["  Node's part: its bytes alone", await overSdk(bareNodeHttp(sent))],
    [`${set}, undici`, await overSdk(setThrough(undici)), aims.undici],
    ["  undici's part: its bytes alone", await overSdk(bareUndici(sent))],
  ];
  for (const client of [sdk, light, undici]) client.destroy();

  const files = await bundles();
  const starts: { us: number; otherUs: number; bareUs: number }[] = [];
  for (let round = 0; round < coldStarts; round++) {
    const otherUs = await startUs(files.overSdk, stub.endpoint);
    const bareUs = await startUs(files.bare, stub.endpoint);
    starts.push({ us: await startUs(files.overLight, stub.endpoint), otherUs, bareUs });
  }
  const bareStarts = starts.map(({ bareUs: us, otherUs }) => ({ us, otherUs }));
  rows.push(
    ['CPU from start to first answer, bundled', pairedOf(starts), aims.coldStart],
    ["  Node's part: one bare request", pairedOf(bareStarts)],
  );
  console.log(
    `kv over the light client, over the same with the SDK, on Node.js ${process.version}:`,
  );
  console.log('medians (quartiles).');
  console.table({
    ...Object.fromEntries(
      rows.map(([name, { us, otherUs, ratio }, aim]) => [
        name,
        {
          light: `${shown(us, 0)} µs`,
          SDK: `${shown(otherUs, 0)} µs`,
          ratio: shown(ratio, 2),
          aim: aim === undefined ? '' : met(ratio.median, aim),
        },
      ]),
    ),
    'one file with kv, minified and gzipped': {
      light: `${files.gzipBytes} B`,
      aim: met(files.gzipBytes, aims.gzipBytes),
    },
  });
}

/** What a `set` sends, signed. */
async function sentThrough(
  config: LightClientOptions,
  setThrough: (dynamo: Dynamo) => () => Promise<void>,
): Promise<HttpRequest> {
  let sent: HttpRequest | undefined;
  const answer = { status: 200, header: () => undefined, text: '{}' };
  const http = { send: async (request: HttpRequest) => ((sent = request), answer) };
  await setThrough(new LightClient({ ...config, http }))();
  return sent as unknown as HttpRequest;
}

function met(value: number, aim: number): string {
  return `${value <= aim ? '✓' : '✗'} at most ${aim}`;
}
