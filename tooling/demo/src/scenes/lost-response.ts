import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { KeyValueCounter } from '@x/dynamo-counter';
import { injectFaults } from '@x/dynamo-testing';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'A lost response',
  why: 'DynamoDB counts, the response gets lost, and the SDK sends the same request again.',
  place: 0,
  run: async (show) => {
    const client = show.client();
    const faults = injectFaults(client, [{ kind: 'drop-after' }]);
    const calls = new KeyValueCounter({ tableName: 'keys', namespace: 'calls', dynamo: client });

    show.note('Elsewhere: one increment, its response is lost, the SDK sends it twice.');
    await show(async () => {
      const elsewhere = await client.send(
        new UpdateItemCommand({
          TableName: 'keys',
          Key: { key: { S: 'elsewhere' } },
          UpdateExpression: 'ADD hits :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Number(elsewhere.Attributes?.['hits']?.N);
    });
    await show(() => faults.log.map(({ fault }) => fault.kind));

    faults.use([{ kind: 'drop-after' }]);
    show.note('Here: the same loss. The row remembers the id of its latest changes.');
    await show(() => calls.incr('login'));
    await show.row('keys', { key: { S: 'calls.login' } });
    client.destroy();
  },
};
