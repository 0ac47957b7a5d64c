import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Answering, sdkError } from '../test/answering.js';
import { guarded, monitored, type Logger } from './monitoring.js';
import { pinoLogger } from './pino-logger.js';

const failed = sdkError('ProvisionedThroughputExceededException');
const tags = { operation: 'GetItem', table: 'keys' };

/** One request that is answered, and one that fails, as the logger is told of them. */
async function report(logger: Logger): Promise<void> {
  const answering = new Answering();
  const failing = new Answering(() => Promise.reject(failed));
  const input = { TableName: 'keys', Key: {} };
  const monitoring = guarded({ logger });
  expect(await monitored(answering, monitoring).call('GetItem', input)).toEqual({});
  const failure = monitored(failing, monitoring).call('GetItem', input);
  await expect(failure).rejects.toBe(failed);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('pinoLogger()', () => {
  const linesOf = (): [unknown[], { write(line: string): void }] => {
    const lines: unknown[] = [];
    return [lines, { write: (line) => lines.push(JSON.parse(line)) }];
  };

  it('hands the fields and the error to the real pino', async () => {
    const [lines, destination] = linesOf();
    await report(pinoLogger(pino({ level: 'debug' }, destination)));
    expect(lines).toMatchObject([
      { level: 20, msg: 'dynamo GetItem', ...tags },
      {
        level: 40,
        msg: `dynamo GetItem failed on keys: ${failed.name}`,
        err: { message: failed.message, name: failed.name },
      },
    ]);
  });

  it('keeps the level of each message, also without fields and errors', () => {
    const [lines, destination] = linesOf();
    const logger = pinoLogger(pino({ level: 'debug' }, destination));
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level);
    const levels = [20, 30, 40, 50];
    expect(lines).toMatchObject(levels.map((level) => ({ level })));
    expect(lines).toMatchObject(['debug', 'info', 'warn', 'error'].map((msg) => ({ msg })));
  });

  it('changes no result when pino throws', async () => {
    const write = vi.fn<() => never>(() => {
      throw new Error('disk full');
    });
    await report(pinoLogger(pino({ level: 'debug' }, { write })));
    expect(write).toHaveBeenCalledTimes(2);
  });
});

describe('Monitoring.logger', () => {
  it('is the real Logger of AWS Powertools as it is', async () => {
    // It then writes to the console of the process, where a test can look.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    const lines: unknown[] = [];
    for (const level of ['debug', 'warn'] as const) {
      vi.spyOn(console, level).mockImplementation((line) => lines.push(JSON.parse(String(line))));
    }
    await report(new Powertools({ logLevel: 'DEBUG' }));
    expect(lines).toMatchObject([
      { level: 'DEBUG', message: 'dynamo GetItem', ...tags },
      {
        level: 'WARN',
        message: `dynamo GetItem failed on keys: ${failed.name}`,
        error: { message: failed.message, name: failed.name },
      },
    ]);
  });

  it('is console as it is', async () => {
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await report(console);
    expect(debug).toHaveBeenCalledExactlyOnceWith('dynamo GetItem', tags);
    const error = expect.objectContaining({ name: failed.name, message: failed.message }) as Error;
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      `dynamo GetItem failed on keys: ${failed.name}`,
      error,
    );
  });

  it.each(['debug', 'warn'] as const)('changes no result when its %s throws', async (level) => {
    const write = vi.spyOn(console, level).mockImplementation(() => {
      throw new Error('disk full');
    });
    vi.spyOn(console, level === 'debug' ? 'warn' : 'debug').mockImplementation(() => {});
    await report(console);
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    await report(new Powertools({ logLevel: 'DEBUG' }));
    expect(write).toHaveBeenCalledTimes(2);
  });
});
