import * as sdk from '@aws-sdk/client-dynamodb';
import { toTransport } from '@x/dynamo-core/mechanism';

import { cases, type BenchCase } from './operations.js';
import { record, type Recorded, type Recording } from './recording.js';
import { pairedRounds, shown, type Paired } from './rounds.js';
import { startStub, type Stub } from './stub.js';

const concurrency = 16;
const runs = 160;
const rounds = 31;
/** The client is warm from the case before, and a primitive has to become so first. */
const warmUpRuns = 2_000;

type Command = Parameters<sdk.DynamoDBClient['send']>[0];

/** Prints processor time over that of the bare client, which sends the same requests. */
export async function printOverClient(part = ''): Promise<void> {
  await using stub = await startStub();
  const client = new sdk.DynamoDBClient({
    endpoint: stub.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const rows: Record<string, object> = {};
  for (const benchCase of cases.filter(({ name }) => name.includes(part))) {
    const { us, otherUs, ratio } = await overClient(benchCase, client, stub);
    rows[benchCase.name] = {
      'bare client, µs': shown(otherUs, 0),
      'primitive, µs': shown(us, 0),
      ratio: shown(ratio, 3),
    };
  }
  client.destroy();
  console.log(`Over the bare client, ${concurrency} at once: processor time, medians (quartiles).`);
  console.table(rows);
}

async function overClient(
  benchCase: BenchCase,
  client: sdk.DynamoDBClient,
  stub: Stub,
): Promise<Paired> {
  const transport = toTransport(client);
  // Each worker has a table of its own, so that the stub knows what comes next. The clock learns from each
  // answer, as it does from DynamoDB's own hosts: that is a part of what a request costs.
  const recordings: Recording[] = [];
  for (let worker = 0; worker < concurrency; worker++) {
    recordings.push(await record(benchCase, `bench-${worker}`, true));
  }
  await stub.answer(recordings[0]?.requests ?? []);
  const primitives = recordings.map(({ run, sendThrough }) => {
    sendThrough(transport);
    return run;
  });
  const bare = recordings.map(
    ({ requests }) =>
      () =>
        sendAll(client, requests),
  );
  return pairedRounds(inTurn(primitives), inTurn(bare), {
    rounds,
    runs,
    otherRuns: runs,
    warmUpRuns,
    concurrency,
  });
}

/** Lets each caller have one of its own, as long as it runs. */
function inTurn(runs: readonly (() => Promise<unknown>)[]): () => Promise<unknown> {
  const free = [...runs];
  return async () => {
    const run = free.pop();
    if (run === undefined) throw new Error('More run at once than there are');
    await run();
    free.push(run);
  };
}

/** What the primitive sends, through the client alone. */
async function sendAll(client: sdk.DynamoDBClient, requests: readonly Recorded[]): Promise<void> {
  const commands = sdk as unknown as Record<string, new (input: object) => Command>;
  for (const { operation, input, answer } of requests) {
    const Sent = commands[`${operation}Command`] as (typeof commands)[string];
    try {
      await client.send(new Sent(input));
    } catch (error) {
      if (!('error' in answer)) throw error;
    }
  }
}
