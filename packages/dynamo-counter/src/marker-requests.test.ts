import { expect, test } from 'vitest';

import { S } from '@x/dynamo-core';

import { counterAttributes, type CounterAddress } from './counter-row.js';
import { changeWithMarker, putMarker } from './marker-requests.js';
import { changeCount, type CounterChange } from './requests.js';

const address: CounterAddress = {
  expressions: (_, make) => make(),
  tableName: 'keys',
  key: { key: { S: 'n.a' } },
  label: 'n.a',
  dataName: 'data',
  versionName: 'version',
};
const owned = { ...address, owner: { name: 'ns', value: 'n' } };
const now = { nowMs: 1_700_000_000_900, expiresAt: undefined };
const plain: CounterChange = {
  verb: 'add',
  amount: 1n,
  from: { counts: { min: -10n, max: 10n }, orNone: true },
  id: { id: 'id1', entry: 'id1' },
  renews: false,
};

test('changeWithMarker() joins a change with the row of its token', () => {
  const marker = {
    tableName: 'keys',
    key: { key: S('n.#m') },
    label: 'n.#m',
    owner: owned.owner,
    change: 'id1~x',
    expiresAt: 1_800_000_000,
  };
  const input = changeCount(address, { ...plain, ...now });
  const { ReturnValues, ...change } = input;
  expect(ReturnValues).toBe('UPDATED_NEW');
  const put = {
    TableName: 'keys',
    Item: {
      key: { S: 'n.#m' },
      ns: S('n'),
      [counterAttributes.kind]: S('token'),
      [counterAttributes.change]: S('id1~x'),
      expiresAt: { N: '1800000000' },
    },
    ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
    ExpressionAttributeNames: { '#key': 'key', '#expiresAt': 'expiresAt' },
    ExpressionAttributeValues: { ':now': { N: '1700000000' } },
  };
  expect(putMarker(marker, now.nowMs)).toEqual(put);
  const both = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  expect(changeWithMarker(input, marker, now.nowMs)).toEqual([
    { Update: { ...change, ...both } },
    { Put: { ...put, ...both } },
  ]);
});
