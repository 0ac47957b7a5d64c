import { afterEach, describe, expect, it, vi } from 'vitest';

import {
  assertTableNameValid,
  createTableNaming,
  dynamoTableName,
  resolveTableName,
} from './table-name.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('dynamoTableName()', () => {
  it('carries the environment', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(dynamoTableName('users')).toBe('paradox.prod.users');
  });

  it('reads local as dev', () => {
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(dynamoTableName('users')).toBe('paradox.dev.users');
  });

  it.each([undefined, ''])('names the variable when it is %j', (env) => {
    vi.stubEnv('PARADOX_ENV', env);
    expect(() => dynamoTableName('users')).toThrow(
      expect.objectContaining({
        code: 'InvalidInput',
        field: 'tableName',
        message: 'PARADOX_ENV is not set; set it, or pass tableName',
      }),
    );
  });

  it.each(['', undefined as unknown as string, 'a b', 'a/b', 'ä'])(
    'refuses the name %j',
    (name) => {
      vi.stubEnv('PARADOX_ENV', 'prod');
      expect(() => dynamoTableName(name)).toThrow(expect.objectContaining({ field: 'name' }));
    },
  );

  it('refuses an environment that no table name can carry', () => {
    vi.stubEnv('PARADOX_ENV', 'prod eu');
    expect(() => dynamoTableName('users')).toThrow(/PARADOX_ENV/);
  });
});

describe('assertTableNameValid()', () => {
  it('accepts a table of the environment and refuses one of another', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(() => assertTableNameValid('paradox.prod.users')).not.toThrow();
    expect(() => assertTableNameValid('paradox.dev.users')).toThrow(
      expect.objectContaining({ field: 'tableName', value: 'paradox.dev.users' }),
    );
    expect(() => assertTableNameValid('paradox.prod')).toThrow(/tableName/);
    expect(() => assertTableNameValid('prod.users')).toThrow(/tableName/);
  });

  it('accepts any name under local', () => {
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(() => assertTableNameValid('whatever')).not.toThrow();
  });

  it('throws without an environment', () => {
    vi.stubEnv('PARADOX_ENV', undefined);
    expect(() => assertTableNameValid('paradox.prod.users')).toThrow(/PARADOX_ENV/);
  });
});

describe('createTableNaming()', () => {
  it('uses the prefix and the environment of a team', () => {
    vi.stubEnv('PARADOX_ENV', 'elsewhere');
    const naming: ReturnType<typeof createTableNaming> = createTableNaming({
      prefix: 'shop',
      env: 'prod',
    });
    expect(naming.dynamoTableName('locks')).toBe('shop.prod.locks');
    expect(() => naming.assertTableNameValid('shop.prod.locks')).not.toThrow();
    expect(() => naming.assertTableNameValid('shop.test.locks')).toThrow(/\.prod\./);
  });

  it('asks a function at each use', () => {
    let env = 'one';
    const naming = createTableNaming({ env: () => env });
    expect(naming.dynamoTableName('t')).toBe('paradox.one.t');
    env = 'two';
    expect(naming.dynamoTableName('t')).toBe('paradox.two.t');
  });

  it('reads the environment variable by default, at each use', () => {
    const naming = createTableNaming({ prefix: 'shop' });
    vi.stubEnv('PARADOX_ENV', 'test');
    expect(naming.dynamoTableName('t')).toBe('shop.test.t');
  });

  it('refuses an empty prefix or environment', () => {
    expect(() => createTableNaming({ prefix: '' })).toThrow(/prefix/);
    expect(() => createTableNaming({ env: '' }).dynamoTableName('t')).toThrow(/env/);
  });
});

describe('resolveTableName()', () => {
  it('makes the default from the logical name', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(resolveTableName(undefined, 'keys')).toBe('paradox.prod.keys');
  });

  it('takes any name while no environment is set', () => {
    vi.stubEnv('PARADOX_ENV', undefined);
    expect(resolveTableName('Stack-Keys-1X2Y', 'keys')).toBe('Stack-Keys-1X2Y');
  });

  it('guards a name against the environment that is set', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(() => resolveTableName('paradox.dev.keys', 'keys')).toThrow(/\.prod\./);
    expect(resolveTableName('x.prod.keys', 'keys')).toBe('x.prod.keys');
  });

  it.each(['', 5 as unknown as string])('refuses %j', (tableName) => {
    expect(() => resolveTableName(tableName, 'keys')).toThrow(/tableName/);
  });
});
