import { N, S } from '@x/dynamo-core';
import { tokenId } from '@x/dynamo-core/mechanism';
import { expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import { counterAttributes } from './counter-row.js';
import { markerName } from './marked-change.js';

test('a token to be kept joins a change with a row of its own', async () => {
  const bench = new MemoryCounters();
  await bench.counter().incr('a', 1, { token: 'm', tokenTtlSeconds: 60 });
  const key = { key: S(`n.${markerName({ key: S('n.a') }, 'm')}`) };
  const both = { TableName: 'keys', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  const [request] = bench.dynamo.requests;
  expect(request?.input).toMatchObject({
    TransactItems: [
      { Update: { ...both, Key: { key: S('n.a') } } },
      {
        Put: {
          ...both,
          Item: {
            ...key,
            ns: S('n'),
            [counterAttributes.kind]: S('token'),
            [counterAttributes.change]: S(tokenId('m', ['add', '1']).entry),
            expiresAt: N(bench.seconds + 60),
          },
          ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
          ExpressionAttributeNames: { '#key': 'key', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: { ':now': N(bench.seconds) },
        },
      },
    ],
  });
  expect(request?.input).not.toHaveProperty('TransactItems.0.Update.ReturnValues');
});
