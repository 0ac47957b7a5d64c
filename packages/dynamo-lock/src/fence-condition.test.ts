import { N, S, type Item } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { fenceCondition } from './index.js';

describe('fenceCondition()', () => {
  test('gives the parts of a write, for both kinds of clients', () => {
    expect(fenceCondition({ fence: 7 })).toEqual({
      condition: '(attribute_not_exists(#lockFence) OR #lockFence <= :lockFence)',
      assignment: '#lockFence = :lockFence',
      names: { '#lockFence': 'lockFence' },
      values: { ':lockFence': N(7) },
      documentValues: { ':lockFence': 7 },
    });
  });

  test('keeps the fence in the attribute that was asked for', () => {
    expect(fenceCondition({ fence: 7 }, { attribute: 'epoch' }).names).toEqual({
      '#lockFence': 'epoch',
    });
  });

  test('lets equal and larger fences write, and no smaller one', async () => {
    const dynamo = new MemoryDynamo();
    dynamo.createTable({ name: 'accounts', partitionKey: { name: 'id', type: 'S' } });
    const write = (fence: number): Promise<Item | undefined> => {
      const guard = fenceCondition({ fence });
      return dynamo
        .call('UpdateItem', {
          TableName: 'accounts',
          Key: { id: S('a') },
          UpdateExpression: `SET balance = :b, ${guard.assignment}`,
          ConditionExpression: `attribute_not_exists(closed) AND ${guard.condition}`,
          ExpressionAttributeNames: guard.names,
          ExpressionAttributeValues: { ':b': N(fence), ...guard.values },
          ReturnValues: 'ALL_NEW',
        })
        .then(({ Attributes }) => Attributes);
    };
    expect(await write(6)).toMatchObject({ balance: N(6) });
    expect(await write(6)).toMatchObject({ lockFence: N(6) });
    expect(await write(7)).toMatchObject({ lockFence: N(7) });
    await expect(write(6)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(dynamo.rows('accounts')).toMatchObject([{ balance: N(7) }]);
  });

  test.each([
    ['fence', { fence: Number.NaN }, {}],
    ['fence', { fence: -1 }, {}],
    ['attribute', { fence: 7 }, { attribute: '' }],
  ])('refuses a bad %s', (field, lock, options) => {
    expect(() => fenceCondition(lock, options)).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', field }),
    );
  });
});
