// Processor time of a primitive over the bare client's, for the same requests: npm run bench
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoTransport } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import { KeyValueCounter } from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';

import { bareCall } from './bare-call.js';
import { measure, type Measured, type Pair } from './measure.js';
import { startStub } from './stub.js';

/** What the packages aim at. A machine that does other things besides adds a few percent either way. */
const ratioAim = 1.05;
const rounds = Number(process.argv[2] ?? 9);

await using stub = await startStub();
const client = new DynamoDBClient({
  endpoint: stub.endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});

/** What each primitive does on whatever it is given as `dynamo`. */
const operations: Readonly<
  Record<string, (dynamo: DynamoTransport | DynamoDBClient) => () => Promise<unknown>>
> = {
  'kv get': (dynamo) => {
    const kv = new KeyValueTable({ dynamo, tableName: 'bench', namespace: 'bench' });
    return () => kv.get('id');
  },
  'kv set': (dynamo) => {
    const kv = new KeyValueTable({ dynamo, tableName: 'bench', namespace: 'bench' });
    return () => kv.set('id', { a: 1 });
  },
  'counter incr': (dynamo) => {
    const counter = new KeyValueCounter({ dynamo, tableName: 'bench', namespace: 'bench' });
    return () => counter.incr('id');
  },
  'lock tryAcquire': (dynamo) => {
    const lock = new DynamoLock({ dynamo, tableName: 'bench' });
    return () => lock.tryAcquire('id');
  },
  attempt: (dynamo) => {
    const limiter = new LimitedAttempt({ dynamo, tableName: 'bench' });
    const key = { partition: 'bench', namespace: 'bench', sort: 'id' };
    return () => limiter.attempt(key, { attemptsMax: 1_000_000, validityTime: 1_000_000_000 });
  },
};

const results: Measured[] = [];
for (const [name, operation] of Object.entries(operations)) {
  const bare = await bareCall(client, toTransport(client), operation);
  const pair: Pair = { name, bare, primitive: operation(client) };
  results.push(await measure(pair, rounds));
}
client.destroy();
console.table(
  Object.fromEntries(
    results.map(({ name, bareUs, primitiveUs, ratio }) => [
      name,
      {
        'bare client, µs': Math.round(bareUs),
        'primitive, µs': Math.round(primitiveUs),
        ratio: ratio.toFixed(3),
      },
    ]),
  ),
);
const over = results.filter(({ ratio }) => ratio > ratioAim).map(({ name }) => name);
if (over.length > 0) console.log(`Above the aim of ${ratioAim}: ${over.join(', ')}`);
