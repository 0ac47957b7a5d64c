import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Answer } from '../test/answering.js';
import { connect } from './connection.js';

const input = { TransactItems: [{ Put: { TableName: 't', Item: { key: { S: 'a' } } } }] };

function cancelled(...codes: string[]): Error {
  const CancellationReasons = codes.map((Code) => ({ Code }));
  return sdkError('TransactionCanceledException', { CancellationReasons });
}

/** Sends one transaction through the transport of a connection. */
function setUp(answer: Answer): {
  dynamo: Answering;
  clock: ManualClock;
  write: (signal?: AbortSignal) => Promise<unknown>;
} {
  const dynamo = new Answering(answer);
  const clock = new ManualClock();
  const options = { dynamo, clock, random: seededRandom(1), tableName: 't' };
  const { transport } = connect(options, 't');
  return {
    dynamo,
    clock,
    write: (signal) => clock.drive(transport.call('TransactWriteItems', input, { signal })),
  };
}

describe('the transport of connect()', () => {
  it('repeats a transaction that only met another one or a busy table', async () => {
    const { dynamo, write, clock } = setUp((_, index) => {
      if (index < 2) throw cancelled('None', 'TransactionConflict');
      if (index < 3) throw cancelled('ThrottlingError', 'None');
      return {};
    });
    await write();
    expect(dynamo.requests).toHaveLength(4);
    expect(new Set(dynamo.requests.map((sent) => JSON.stringify(sent.input))).size).toBe(1);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });

  it('repeats a single write that met a transaction', async () => {
    const { dynamo, write } = setUp((_, index) => {
      if (index < 3) throw sdkError('TransactionConflictException');
      return {};
    });
    await write();
    expect(dynamo.requests).toHaveLength(4);
  });

  it('gives up after eight repeats, with the error of the SDK', async () => {
    const error = cancelled('TransactionConflict');
    const { dynamo, write } = setUp(() => Promise.reject(error));
    await expect(write()).rejects.toBe(error);
    expect(dynamo.requests).toHaveLength(9);
  });

  it.each([
    ['a condition', cancelled('ConditionalCheckFailed')],
    ['a condition beside a conflict', cancelled('ConditionalCheckFailed', 'TransactionConflict')],
    ['nothing that it names', cancelled()],
    ['no conflict', cancelled('None')],
    ['another error', sdkError('ResourceNotFoundException')],
  ])('does not repeat for %s', async (_, error) => {
    const { dynamo, write } = setUp(() => Promise.reject(error));
    await expect(write()).rejects.toBe(error);
    expect(dynamo.requests).toHaveLength(1);
  });

  it('ends with the reason of the signal while it waits', async () => {
    const controller = new AbortController();
    const { dynamo, write } = setUp(() => {
      controller.abort(new Error('enough'));
      throw cancelled('TransactionConflict');
    });
    await expect(write(controller.signal)).rejects.toThrow('enough');
    expect(dynamo.requests).toHaveLength(1);
  });
});
