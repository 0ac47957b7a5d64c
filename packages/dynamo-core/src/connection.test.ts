import { inspect } from 'node:util';

import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { systemClock, systemRandom } from './clock.js';
import { connect } from './connection.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('connect()', () => {
  it('sends nothing, and falls back to the machine and the default table', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    const dynamo = new Answering();
    expect(connect({ dynamo }, 'keys')).toMatchObject({
      tableName: 'paradox.prod.keys',
      clock: { machine: systemClock },
      random: systemRandom,
    });
    expect(dynamo.requests).toEqual([]);
  });

  it('takes what it is given', () => {
    vi.stubEnv('PARADOX_ENV', undefined);
    const [clock, random] = [new ManualClock(), seededRandom(1)];
    const connection = connect({ dynamo: new Answering(), tableName: 't', clock, random }, 'keys');
    expect(connection).toMatchObject({ tableName: 't', clock, random });
  });

  it('leaves out what a transport answers as null', async () => {
    const answer = { Item: null, ConsumedCapacity: null, Count: 0 };
    const { transport } = connect({ dynamo: new Answering(() => answer), tableName: 't' }, 'keys');
    expect(await transport.call('Query', { TableName: 't' })).toStrictEqual({ Count: 0 });
  });

  it.each([undefined, null, 'text'])('says what a mock that answers %j lacks', async (answer) => {
    const dynamo = { send: () => Promise.resolve(answer) };
    const { transport } = connect({ dynamo, tableName: 't' }, 'keys');
    await expect(transport.call('Query', { TableName: 't' })).rejects.toThrow(
      'Query: is it a mock?',
    );
  });

  it.each(['ALL_NEW', 'UPDATED_NEW'] as const)('misses the %s that it asked for', async (asked) => {
    const { transport } = connect({ dynamo: new Answering(() => ({})), tableName: 't' }, 'keys');
    const update = { TableName: 't', Key: {} };
    await expect(transport.call('UpdateItem', { ...update, ReturnValues: asked })).rejects.toThrow(
      'a client that answers UpdateItem: is it a mock?',
    );
    await transport.call('UpdateItem', { ...update, ReturnValues: 'ALL_OLD' });
    await transport.call('UpdateItem', update);
  });

  it('leaves the rows of an error where they are, and out of what a log shows', async () => {
    const Item = { d: { S: 'hunter2' } };
    const CancellationReasons = [{ Code: 'ConditionalCheckFailed', Item }];
    const refusal = sdkError('TransactionCanceledException', { CancellationReasons, Item });
    const dynamo = new Answering(() => Promise.reject(refusal));
    const { transport } = connect({ dynamo, tableName: 't' }, 'keys');
    const call = transport.call('GetItem', { TableName: 't', Key: {} });
    await expect(call).rejects.toBe(refusal);
    expect(refusal).toHaveProperty('CancellationReasons', CancellationReasons);
    expect(`${inspect(refusal, { depth: 9 })}${JSON.stringify(refusal)}`).not.toContain('hunter2');
  });

  it.each([0, -1, Number.NaN, Infinity])('refuses a requestMsMax of %s', (requestMsMax) => {
    expect(() => connect({ tableName: 't', requestMsMax }, 'keys')).toThrow(
      expect.objectContaining({ field: 'requestMsMax' }),
    );
  });

  it('bounds requests that nobody answers', async () => {
    const clock = new ManualClock();
    const dynamo = { call: () => new Promise<never>(() => {}) };
    const { transport } = connect({ dynamo, tableName: 't', clock, requestMsMax: 50 }, 'keys');
    const call = transport.call('Query', { TableName: 't' }).catch((error: unknown) => error);
    await clock.advance(50);
    expect(await call).toMatchObject({ name: 'TimeoutError' });
  });

  it('reports requests to the monitoring', async () => {
    const logger = { ...console, debug: vi.fn<() => void>() };
    const { transport } = connect(
      { dynamo: new Answering(), tableName: 'any.prod.t', monitoring: { logger } },
      'keys',
    );
    await transport.call('DescribeTable', { TableName: 't' });
    expect(logger.debug).toHaveBeenCalledOnce();
  });

  it('answers as ever when the logger and the metrics throw', async () => {
    const fail = (): never => {
      throw new Error('disk full');
    };
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    const monitoring = { logger, metrics: { increment: fail, timing: fail } };
    const answer = { Count: 3, ConsumedCapacity: { CapacityUnits: 1 } };
    const dynamo = new Answering((_, index) => (index === 0 ? answer : Promise.reject(refusal)));
    const refusal = new Error('no');
    const { transport } = connect({ dynamo, tableName: 't', monitoring }, 'keys');
    expect(await transport.call('Query', { TableName: 't' })).toEqual(answer);
    await expect(transport.call('Query', { TableName: 't' })).rejects.toBe(refusal);
  });

  it('refuses a table of another environment, and what is no client', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(() => connect({ tableName: 'paradox.dev.keys' }, 'keys')).toThrow(/tableName/);
    expect(() => connect({ dynamo: {} as never }, 'keys')).toThrow(/dynamo/);
  });
});
