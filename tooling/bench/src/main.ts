// Processor time of a primitive over the bare client's, for the same request: npm run bench
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { KeyValueTable } from '@x/dynamo-kv';

import { measure, type Pair } from './measure.js';
import { startStub } from './stub.js';

const ratioMax = 1.05;
const rounds = Number(process.argv[2] ?? 9);

await using stub = await startStub();
const client = new DynamoDBClient({
  endpoint: stub.endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});
const tableName = 'bench';
const kv = new KeyValueTable({ dynamo: client, tableName, namespace: 'bench' });
const value = { a: 1 };

const pairs: readonly Pair[] = [
  {
    name: 'kv get',
    bare: () =>
      client.send(
        new GetItemCommand({
          TableName: tableName,
          Key: { key: { S: 'bench.id' } },
          ConsistentRead: false,
        }),
      ),
    primitive: () => kv.get('id'),
  },
  {
    name: 'kv set',
    bare: () =>
      client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { key: { S: 'bench.id' } },
          UpdateExpression:
            'SET #data = :data, #version = :version, #owner = :owner REMOVE #expiresAt',
          ConditionExpression: '(attribute_not_exists(#owner) OR #owner = :owner)',
          ExpressionAttributeNames: {
            '#data': 'data',
            '#version': 'version',
            '#expiresAt': 'expiresAt',
            '#owner': 'ns',
          },
          ExpressionAttributeValues: {
            ':data': { S: JSON.stringify(value) },
            ':version': { S: 'AAAAAAAAAAAA' },
            ':owner': { S: 'bench' },
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    primitive: () => kv.set('id', value),
  },
];

const results = [];
for (const pair of pairs) results.push(await measure(pair, rounds));
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
const over = results.filter(({ ratio }) => ratio > ratioMax).map(({ name }) => name);
if (over.length > 0) {
  console.error(`More than ${ratioMax} times the bare client: ${over.join(', ')}`);
  process.exitCode = 1;
}
