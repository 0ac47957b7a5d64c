import { createContext, runInContext } from 'node:vm';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { checkedOptions } from './input-checks.js';

const names = {
  dynamo: true,
  tableName: true,
  clock: true,
  ttlSeconds: true,
  expiresAtMs: true,
  leaseMs: true,
  signal: true,
  consistent: 'boolean',
} as const;
const check = (options: unknown): unknown => checkedOptions(options as never, names as never);

/** Like the original's: what it holds is its own, what it does stands on its class. */
class ForeignTable {
  get(): void {}
}
class ForeignSubclass extends ForeignTable {}

describe('checkedOptions()', () => {
  it('answers with a copy of the options, and with none for undefined', () => {
    const options = { tableName: 'keys', ttlSeconds: 60 };
    const checked = check(options);
    expect(checked).toStrictEqual(options);
    options.tableName = 'changed after the call';
    expect(checked).toHaveProperty('tableName', 'keys');
    expect(check(undefined)).toEqual({});
  });

  it('leaves out what is undefined: it takes the place of no default that is spread before it', () => {
    const given = check({ tableName: undefined, ttlSeconds: 60 });
    expect({ tableName: 'keys', ...(given as object) }).toEqual({
      tableName: 'keys',
      ttlSeconds: 60,
    });
  });

  it.each(['yes', 1, 0, null, {}])('refuses %o for what is on or off', (consistent) => {
    expect(check({ consistent: false })).toEqual({ consistent: false });
    expect(() => check({ consistent })).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', field: 'consistent' }),
    );
  });

  it.each([
    ['without a prototype', Object.assign(Object.create(null) as object, { ttlSeconds: 1 })],
    ['of another realm', runInContext('({ ttlSeconds: 1 })', createContext({})) as object],
    [
      'of a class with options alone',
      new (class Settings {
        ttlSeconds = 1;
      })(),
    ],
    ['that inherit defaults', Object.create({ ttlSeconds: 1 }) as object],
  ])('takes options %s', (_, options) => {
    expect(check(options)).toHaveProperty('ttlSeconds', 1);
  });

  it.each([
    ['a controller', new AbortController()],
    ['a number', 5],
    ['null', null],
    ['an object', { aborted: false }],
  ])('refuses %s as a signal', (_, signal) => {
    expect(() => check({ signal })).toThrow(
      /as signal: it must be an object with throwIfAborted\(\)/,
    );
    expect(check({ signal: AbortSignal.abort() })).toHaveProperty('signal.aborted', true);
  });

  it.each([
    [{ tablename: 'keys' }, 'tablename', 'tableName'],
    [{ ttl: 60 }, 'ttl', 'ttlSeconds'],
    [{ ttlSecond: 60 }, 'ttlSecond', 'ttlSeconds'],
    [{ ttlSceonds: 60 }, 'ttlSceonds', 'ttlSeconds'],
    [{ expiresAt: 60 }, 'expiresAt', 'expiresAtMs'],
    [{ timeProvider: {} }, 'timeProvider', 'clock'],
    [{ timeoutSeconds: 30 }, 'timeoutSeconds', 'leaseMs'],
    [{ client: {} }, 'client', 'dynamo'],
    [{ tableName: undefined, tabelName: undefined }, 'tabelName', 'tableName'],
  ])('refuses %o by its name, and says which option was meant', (options, field, meant) => {
    expect(() => check(options)).toThrow(
      expect.objectContaining({
        code: 'InvalidInput',
        field,
        message: expect.stringMatching(new RegExp(`as ${field}: .* given as ${meant}$`)) as string,
      }),
    );
  });

  it('lists the options where none is near, and shows nothing of what was passed', () => {
    expect(() => check({ colour: 'hunter2' })).toThrow(
      'Cannot use a string as colour: it must be left out (the options are clock, consistent, dynamo, ' +
        'expiresAtMs, leaseMs, signal, tableName, ttlSeconds)',
    );
    expect(() => checkedOptions<object>({ colour: 1 }, {})).toThrow(/the options are none/);
  });

  it.each([
    ['a client of the SDK', new DynamoDBClient({}), /DynamoDBClient as options: .* \{ dynamo \}$/],
    ['a mock of a client', { send: () => undefined }, /given as \{ dynamo \}$/],
    ['a transport', { call: () => undefined }, /given as \{ dynamo \}$/],
    ['a signal', new AbortController().signal, /given as \{ signal \}$/],
    ['a foreign table', new ForeignTable(), /an instance of ForeignTable as options/],
    ['a subclass of one', new ForeignSubclass(), /an instance of ForeignSubclass as options/],
    [
      'a mock of a table',
      { get: (): void => undefined, set: (): void => undefined },
      /Function as get/,
    ],
    ['a number', 60, /a number as options: .* an object of options/],
    ['a text', 'keys', /a string as options/],
    ['null', null, /null as options/],
    ['an array', [{ ttlSeconds: 60 }], /an instance of Array as options/],
    ['a function', () => ({}), /an instance of Function as options/],
  ])('refuses %s where options belong', (_, options, message) => {
    expect(() => check(options)).toThrow(message);
  });
});
