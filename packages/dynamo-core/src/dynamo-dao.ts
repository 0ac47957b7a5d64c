import { checkFunction } from './input-checks.js';

/** Marks a class whose instances are stored as rows. It demands nothing. */
// oxlint-disable-next-line typescript/no-empty-object-type -- a marker, part of the API
export interface DynamoDao {}

/**
 * Makes an instance of a row class and fills in what is known of it. Sends nothing.
 *
 * @example
 * ```ts
 * import { dynamoAssign, type DynamoDao } from '@x/dynamo-core';
 *
 * class UserDao implements DynamoDao {
 *   id!: string;
 *   name!: string;
 * }
 * const user = dynamoAssign(UserDao, { id: '123' });
 * ```
 */
export function dynamoAssign<T extends DynamoDao>(constructor: new () => T, data: Partial<T>): T {
  checkFunction('constructor', constructor);
  return Object.assign(new constructor(), data);
}
