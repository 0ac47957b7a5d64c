import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { monitored, type Logger, type Metrics } from './monitoring.js';

class Records implements Logger, Metrics {
  readonly lines: unknown[][] = [];
  debug(...line: unknown[]): void {
    this.lines.push(['debug', ...line]);
  }
  info(...line: unknown[]): void {
    this.lines.push(['info', ...line]);
  }
  warn(...line: unknown[]): void {
    this.lines.push(['warn', ...line]);
  }
  error(...line: unknown[]): void {
    this.lines.push(['error', ...line]);
  }
  increment(...line: unknown[]): void {
    this.lines.push(['increment', ...line]);
  }
  timing(...line: unknown[]): void {
    this.lines.push(['timing', ...line]);
  }
}

const get = { TableName: 't', Key: { key: { S: 'a' } } };
const tags = { operation: 'GetItem', table: 't' };

describe('monitored()', () => {
  it('leaves a transport as it is without monitoring', () => {
    const transport = new Answering();
    expect(monitored(transport)).toBe(transport);
    expect(monitored(transport, {})).toBe(transport);
  });

  it('logs each request, and does not ask for capacity without metrics', async () => {
    const transport = new Answering();
    const logger = new Records();
    await monitored(transport, { logger }).call('GetItem', get);
    expect(logger.lines).toEqual([['debug', 'dynamo GetItem', tags]]);
    expect(transport.requests[0]?.input).toEqual(get);
  });

  it('measures each request on the clock, and the capacity that DynamoDB reports', async () => {
    const clock = new ManualClock();
    const transport = new Answering(async () => {
      await clock.sleep(7);
      return { ConsumedCapacity: { TableName: 't', CapacityUnits: 0.5 } };
    });
    const metrics = new Records();
    await clock.drive(monitored(transport, { metrics }, clock).call('GetItem', get));
    expect(transport.requests[0]?.input).toEqual({ ...get, ReturnConsumedCapacity: 'TOTAL' });
    expect(metrics.lines).toEqual([
      ['increment', 'dynamo.capacity', 0.5, tags],
      ['timing', 'dynamo.request', 7, tags],
    ]);
  });

  it('reports the capacity of a batch by table', async () => {
    const transport = new Answering(() => ({
      ConsumedCapacity: [
        { TableName: 't', CapacityUnits: 2 },
        { TableName: 'u', CapacityUnits: 3 },
      ],
    }));
    const metrics = new Records();
    await monitored(transport, { metrics }).call('BatchGetItem', {
      RequestItems: { t: { Keys: [] }, u: { Keys: [] } },
    });
    const counts = metrics.lines.filter(([kind]) => kind === 'increment');
    expect(counts).toEqual([
      ['increment', 'dynamo.capacity', 2, { operation: 'BatchGetItem', table: 't' }],
      ['increment', 'dynamo.capacity', 3, { operation: 'BatchGetItem', table: 'u' }],
    ]);
    expect(metrics.lines).toContainEqual([
      'timing',
      'dynamo.request',
      expect.any(Number),
      { operation: 'BatchGetItem', table: 't,u' },
    ]);
  });

  it('names the tables of a transaction once each', async () => {
    const logger = new Records();
    const put = { TableName: 't', Item: {} };
    await monitored(new Answering(), { logger }).call('TransactWriteItems', {
      TransactItems: [{ Put: put }, { Put: put }, { Delete: { TableName: 'u', Key: {} } }],
    });
    expect(logger.lines[0]?.[2]).toEqual({ operation: 'TransactWriteItems', table: 't,u' });
  });

  it('does not ask table operations for capacity: they have none', async () => {
    const transport = new Answering();
    await monitored(transport, { metrics: new Records() }).call('DescribeTable', {
      TableName: 't',
    });
    expect(transport.requests[0]?.input).toEqual({ TableName: 't' });
  });

  it('reports an error and passes it on as it is', async () => {
    const error = sdkError('ResourceNotFoundException');
    const both = new Records();
    const transport = new Answering(() => Promise.reject(error));
    const call = monitored(transport, { logger: both, metrics: both }).call('GetItem', get);
    await expect(call).rejects.toBe(error);
    expect(both.lines).toEqual([
      ['warn', 'dynamo GetItem failed on t', error],
      ['increment', 'dynamo.error', 1, { ...tags, error: 'ResourceNotFoundException' }],
      ['timing', 'dynamo.request', expect.any(Number), tags],
    ]);
  });

  it('takes a refused condition for an outcome, and counts the units of the rows', async () => {
    const both = new Records();
    const refusal = sdkError('ConditionalCheckFailedException', {
      Item: { key: { S: 'a' }, data: { S: 'hunter2'.repeat(300) } },
    });
    const transport = new Answering(() => Promise.reject(refusal));
    const put = { TableName: 't', Item: { key: { S: 'a' } } };
    const call = monitored(transport, { logger: both, metrics: both }).call('PutItem', put);
    await expect(call).rejects.toBe(refusal);
    const puts = { operation: 'PutItem', table: 't' };
    expect(both.lines).toEqual([
      ['debug', 'dynamo PutItem refused', puts],
      ['increment', 'dynamo.refused', 1, puts],
      ['increment', 'dynamo.capacity', 3, puts],
      ['timing', 'dynamo.request', expect.any(Number), puts],
    ]);
  });

  it.each([
    ['ConditionalCheckFailed', 'dynamo.refused'],
    ['TransactionConflict', 'dynamo.error'],
  ])('takes a transaction that %s cancelled for %s', async (Code, stat) => {
    const metrics = new Records();
    const cancelled = sdkError('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'None' }, { Code }],
    });
    const transport = new Answering(() => Promise.reject(cancelled));
    const put = { Put: { TableName: 't', Item: {} } };
    const call = monitored(transport, { metrics }).call('TransactWriteItems', {
      TransactItems: [put, put],
    });
    await expect(call).rejects.toBe(cancelled);
    expect(metrics.lines[0]).toEqual(['increment', stat, 1, expect.any(Object)]);
  });

  it('hands the options on', async () => {
    const { signal } = new AbortController();
    const transport = new Answering();
    await monitored(transport, { logger: new Records() }).call('GetItem', get, { signal });
    expect(transport.requests[0]?.options).toEqual({ signal });
  });
});
