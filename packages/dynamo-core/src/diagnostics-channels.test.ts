import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { ManualClock } from '@x/dynamo-testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { diagnosticsChannel } from './diagnostics-channels.js';
import { beginning, publishQuietly, tell } from './telling.js';

const name = 'x-dynamo:do-once:takeover';
const clock = new ManualClock();

afterEach(() => vi.unstubAllGlobals());

describe('diagnosticsChannel()', () => {
  test('is the channel of node:diagnostics_channel, which hears of an end and how long it took', async () => {
    const told: unknown[] = [];
    const listen = (message: unknown, channel: string | symbol): void => {
      told.push([channel, message]);
    };
    subscribe(name, listen);
    const takeovers = diagnosticsChannel(name);
    const begun = beginning(clock);
    await clock.advance(42);
    tell(takeovers, begun, 'ann/mail', 'taken');
    unsubscribe(name, listen);
    tell(takeovers, begun, 'ann/mail', 'taken');
    expect(told).toEqual([[name, { key: 'ann/mail', durationMs: 42, outcome: 'taken' }]]);
  });

  test('reads no clock and makes no message of what was not begun', () => {
    const read = vi.spyOn(clock, 'monotonic');
    const takeovers = diagnosticsChannel(name);
    expect(takeovers.hasSubscribers).toBe(false);
    tell(takeovers, undefined, 'ann/mail', 'taken');
    expect(read).not.toHaveBeenCalled();
  });

  test.each([
    ['process', undefined],
    ['process.getBuiltinModule', {}],
    ['node:diagnostics_channel', { getBuiltinModule: () => undefined }],
  ])('has no subscribers where there is no %s', (_, process) => {
    vi.stubGlobal('process', process);
    const takeovers = diagnosticsChannel(name);
    expect(takeovers.hasSubscribers).toBe(false);
    expect(() => takeovers.publish({ key: 'k', durationMs: 0, outcome: 'taken' })).not.toThrow();
  });
});

test('a subscriber that throws changes nothing: Node.js reports it as an uncaught exception', async () => {
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
  const broken = (): never => {
    throw new Error('broken subscriber');
  };
  subscribe(name, broken);
  const takeovers = diagnosticsChannel(name);
  tell(takeovers, beginning(clock), 'ann/mail', 'taken');
  unsubscribe(name, broken);
  expect(await uncaught).toMatchObject({ message: 'broken subscriber' });
  for (const other of others) process.on('uncaughtException', other);
});

test('publishQuietly() drops what a runtime throws where it is published', () => {
  const publish = (): never => {
    throw new Error('broken subscriber');
  };
  expect(() => publishQuietly({ hasSubscribers: true, publish }, {})).not.toThrow();
});
