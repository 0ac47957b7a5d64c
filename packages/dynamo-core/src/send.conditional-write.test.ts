import { describe, expect, it } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { isConditionalCheckFailed } from './errors.js';
import { writeConditionally } from './send.js';

const key = { key: { S: 'a' } };
const input = { TableName: 't', Item: key, ConditionExpression: 'attribute_not_exists(#k)' };
const row = { ...key, writer: { S: 'me' } };
const isMine = (item: typeof row | object): boolean =>
  (item as { writer?: { S?: string } }).writer?.S === 'me';

function failing(fields: object, stored?: object): Answering {
  return new Answering(({ operation }) => {
    if (operation === 'GetItem') return { Item: stored };
    throw sdkError('ConditionalCheckFailedException', fields);
  });
}

describe('writeConditionally()', () => {
  it('asks for the row, and answers what came back', async () => {
    const transport = new Answering(() => ({ Attributes: row }));
    const { signal } = new AbortController();
    expect(await writeConditionally(transport, 'PutItem', input, { signal })).toEqual({
      outcome: 'applied',
      item: row,
    });
    expect(transport.requests).toEqual([
      {
        operation: 'PutItem',
        input: { ...input, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
        options: { signal },
      },
    ]);
  });

  it('recognises its own write in the existing row, in one request', async () => {
    const transport = failing({ Item: row });
    const result = await writeConditionally(transport, 'PutItem', input, { isMine });
    expect(result).toEqual({ outcome: 'recognised', item: row });
    expect(transport.operations).toEqual(['PutItem']);
  });

  it('is refused by the row of another, and shows it', async () => {
    const other = { ...key, writer: { S: 'other' } };
    const result = await writeConditionally(failing({ Item: other }), 'PutItem', input, { isMine });
    expect(result).toEqual({ outcome: 'refused', item: other });
  });

  it('recognises nothing when it is not told how', async () => {
    const result = await writeConditionally(failing({ Item: row }), 'PutItem', input);
    expect(result).toEqual({ outcome: 'refused', item: row });
  });

  it('is refused without a row where there is none', async () => {
    const transport = failing({});
    const result = await writeConditionally(transport, 'PutItem', input, { isMine });
    expect(result).toEqual({ outcome: 'refused', item: undefined });
    expect(transport.operations).toEqual(['PutItem']);
  });

  it('passes every other error on as it is', async () => {
    const error = sdkError('ResourceNotFoundException');
    const transport = new Answering(() => Promise.reject(error));
    const options = { isMine, mustExist: key };
    await expect(writeConditionally(transport, 'PutItem', input, options)).rejects.toBe(error);
    expect(transport.operations).toEqual(['PutItem']);
  });
});

describe('writeConditionally() on an engine that hides the row', () => {
  it('reads it consistently and recognises its own write', async () => {
    const transport = failing({}, row);
    const result = await writeConditionally(transport, 'PutItem', input, {
      isMine,
      mustExist: key,
    });
    expect(result).toEqual({ outcome: 'recognised', item: row });
    expect(transport.requests[1]).toMatchObject({
      operation: 'GetItem',
      input: { TableName: 't', Key: key, ConsistentRead: true },
    });
  });

  it('is refused by the row of another', async () => {
    const other = { ...key, writer: { S: 'other' } };
    const options = { isMine, mustExist: key };
    expect(
      await writeConditionally(
        failing({}, other),
        'UpdateItem',
        { TableName: 't', Key: key },
        options,
      ),
    ).toEqual({
      outcome: 'refused',
      item: other,
    });
  });

  it('is refused without a row when it is missing by then', async () => {
    const options = { isMine, mustExist: key };
    expect(await writeConditionally(failing({}), 'PutItem', input, options)).toEqual({
      outcome: 'refused',
      item: undefined,
    });
  });
});

it('isConditionalCheckFailed() goes by the name, of whichever copy of the SDK', () => {
  expect(isConditionalCheckFailed(sdkError('ConditionalCheckFailedException'))).toBe(true);
  expect(isConditionalCheckFailed(sdkError('TransactionCanceledException'))).toBe(false);
  expect(isConditionalCheckFailed(undefined)).toBe(false);
});
