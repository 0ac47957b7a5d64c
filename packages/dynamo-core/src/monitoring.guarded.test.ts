import { inspect } from 'node:util';

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { guarded, type Logger, type Metrics } from './monitoring.js';
import { preload } from './send.js';
import { sdkError } from '../test/answering.js';

const loggerOf = (report: (...line: unknown[]) => unknown): Logger => ({
  debug: report,
  info: report,
  warn: report,
  error: report,
});
const metricsOf = (report: (...line: unknown[]) => unknown): Metrics => ({
  increment: report,
  timing: report,
});

/** They hear of things a moment later. */
const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('guarded()', () => {
  beforeAll(preload);
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => process.on('unhandledRejection', onRejection));
  afterEach(() => process.off('unhandledRejection', onRejection));

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])("drops it when the user's own %s", async (_, report) => {
    const { logger, metrics } = guarded({ logger: loggerOf(report), metrics: metricsOf(report) });
    logger?.debug('a');
    logger?.info('a');
    logger?.warn('a');
    logger?.error('a', new Error('why'));
    metrics?.increment('a', 1);
    metrics?.timing('a', 1);
    await told();
    expect(rejections).toEqual([]);
  });

  it('leaves out what is left out, and keeps the `this` of the rest', async () => {
    expect(guarded()).toEqual({});
    class Counting implements Metrics {
      total = 0;
      increment(_: string, value: number): void {
        this.total += value;
      }
      timing(): void {}
    }
    const own = new Counting();
    guarded({ metrics: own }).metrics?.increment('a', 3);
    await told();
    expect(own.total).toBe(3);
  });

  it('names the error in the text, and hands on none of the rows that it holds', async () => {
    const lines: unknown[][] = [];
    const { logger } = guarded({ logger: loggerOf((...line) => lines.push(line)) });
    const inner = sdkError('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { d: { S: 'hunter2' } } }],
    });
    const error = sdkError('ConditionalCheckFailedException', {
      Item: { d: { S: 'hunter2' } },
      $metadata: { attempts: 2 },
      code: 'E1',
      cause: inner,
    });
    logger?.warn('Cannot go on', error);
    await told();
    expect(inspect(lines, { depth: 9, showHidden: true })).not.toContain('hunter2');
    expect(lines[0]?.[0]).toBe('Cannot go on: ConditionalCheckFailedException');
    expect(lines[0]?.[1]).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: error.message,
      code: 'E1',
      $metadata: { attempts: 2 },
      cause: { name: 'TransactionCanceledException' },
    });
  });

  it('cuts long texts, and shows nothing of what is no error', async () => {
    const lines: unknown[][] = [];
    const { logger } = guarded({ logger: loggerOf((...line) => lines.push(line)) });
    logger?.warn('k'.repeat(3_000), new Error('v'.repeat(3_000)));
    logger?.error('Cannot go on', 'hunter2');
    await told();
    expect(inspect(lines[0]).length).toBeLessThan(3_000);
    expect(lines[0]?.[1]).toHaveProperty('message.length', 500);
    expect(lines[1]?.[0]).toBe('Cannot go on: string');
    expect(inspect(lines[1])).not.toContain('hunter2');
  });

  it('shows an error that is its own cause, and one whose message is no text', async () => {
    const lines: unknown[][] = [];
    const { logger } = guarded({ logger: loggerOf((...line) => lines.push(line)) });
    const error = new Error('again');
    error.cause = error;
    logger?.warn('Cannot go on', error);
    logger?.error('Cannot go on', { name: 'Odd', message: 5 });
    await told();
    expect(lines.map(([text]) => text)).toEqual(['Cannot go on: Error', 'Cannot go on: Odd']);
    expect(lines).toMatchObject([
      [expect.anything(), { message: 'again', cause: { message: 'again' } }],
      [expect.anything(), { message: '5' }],
    ]);
  });
});
