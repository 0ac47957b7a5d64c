import type { DynamoTableName } from './brands.js';
import { InvalidInputError } from './errors.js';
import { checkedOptions, checkKeyText } from './input-checks.js';

/** How a team names its tables: `<prefix>.<environment>.<name>`. */
export interface TableNamingOptions {
  /**
   * What all table names begin with.
   *
   * @default 'paradox'
   */
  readonly prefix?: string | undefined;
  /**
   * The environment, or a function that is asked at each use.
   *
   * @default the environment variable `PARADOX_ENV`, with `local` read as `dev`
   */
  readonly env?: string | (() => string) | undefined;
}

/** A naming convention, made by `createTableNaming`. */
export interface TableNaming {
  /** The physical name of the table with this logical name. */
  dynamoTableName(name: string): DynamoTableName;
  /** Throws an `InvalidInputError` when the name does not belong to the environment. */
  assertTableNameValid(tableName: string): asserts tableName is DynamoTableName;
}

const envVariable = 'PARADOX_ENV';

function processEnv(): string | undefined {
  return process.env[envVariable] || undefined;
}

function requireProcessEnv(): string {
  const env = processEnv();
  if (env === undefined) {
    const message = `${envVariable} is not set; set it, or pass tableName`;
    throw new InvalidInputError('tableName', undefined, 'passed', { message });
  }
  checkPart(`environment variable ${envVariable}`, env);
  return env;
}

/**
 * A table naming convention of a team's own. Sends nothing.
 *
 * @example
 * ```ts
 * import { createTableNaming } from '@x/dynamo-core';
 *
 * const naming = createTableNaming({ prefix: 'shop', env: 'prod' });
 * naming.dynamoTableName('locks'); // 'shop.prod.locks'
 * ```
 */
export function createTableNaming(options?: TableNamingOptions): TableNaming {
  const given = checkedOptions(options, { prefix: true, env: true });
  const { prefix = 'paradox', env = requireProcessEnv } = given;
  checkPart('prefix', prefix);
  return {
    dynamoTableName: (name) => named(prefix, environmentOf(env), name),
    assertTableNameValid: (tableName) => assertNamed(environmentOf(env), tableName),
  };
}

/**
 * The physical name of a table: `paradox.<env>.<name>`, with the environment from `PARADOX_ENV`
 * (`local` stands for `dev`). Throws an `InvalidInputError` that names the variable when it is not
 * set. Sends nothing.
 *
 * @example
 * ```ts
 * import { dynamoTableName } from '@x/dynamo-core';
 *
 * const tableName = dynamoTableName('users'); // 'paradox.prod.users' with PARADOX_ENV=prod
 * ```
 */
export function dynamoTableName(name: string): DynamoTableName {
  return named('paradox', requireProcessEnv(), name);
}

/**
 * Throws an `InvalidInputError` when a table name does not carry this environment (`.<env>.`), so
 * that code of one environment never touches the tables of another. Under `PARADOX_ENV=local` every
 * name passes. Sends nothing.
 *
 * @example
 * ```ts
 * import { assertTableNameValid, dynamoTableName } from '@x/dynamo-core';
 *
 * assertTableNameValid(dynamoTableName('users'));
 * ```
 */
export function assertTableNameValid(tableName: string): asserts tableName is DynamoTableName {
  assertNamed(requireProcessEnv(), tableName);
}

/**
 * The table that a constructor works on: the one that was passed, or the default of its logical
 * name. A name that was passed is checked against the environment only when `PARADOX_ENV` is set,
 * so that a team with names of its own never needs the variable.
 */
export function resolveTableName(tableName: string | undefined, logicalName: string): string {
  if (tableName === undefined) return dynamoTableName(logicalName);
  checkKeyText('tableName', tableName);
  const env = processEnv();
  if (env !== undefined) assertNamed(env, tableName);
  return tableName;
}

function environmentOf(given: string | (() => string)): string {
  const env = typeof given === 'function' ? given() : given;
  checkPart('env', env);
  return env;
}

function named(prefix: string, env: string, name: string): DynamoTableName {
  checkPart('name', name);
  return `${prefix}.${env === 'local' ? 'dev' : env}.${name}` as DynamoTableName;
}

/** An empty part, or an undefined one, would quietly name another table than was meant. */
function checkPart(field: string, part: string | undefined): asserts part is string {
  if (!/^[\w.-]+$/.test(part ?? '')) {
    throw new InvalidInputError(field, part, 'set, of A-Z a-z 0-9 _ . -, to name tables by it');
  }
}

function assertNamed(env: string, tableName: string): asserts tableName is DynamoTableName {
  const isText = typeof tableName === 'string';
  if (env !== 'local' && !(isText && tableName.includes(`.${env}.`))) {
    throw new InvalidInputError('tableName', tableName, `a name with .${env}.`);
  }
}
