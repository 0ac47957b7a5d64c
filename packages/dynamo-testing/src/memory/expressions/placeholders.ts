import type { Item } from '@x/dynamo-core';

import { ServiceError, validationError } from '../service-errors.js';
import { acceptValue } from '../values/accept-value.js';
import type { Parsed, Path } from './syntax-tree.js';

/** What the placeholders of one request stand for. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Item>;
}

/** The part of a request that defines its placeholders. */
export interface PlaceholderInput {
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** The expressions of a request by their fields. */
export type UsedExpressions = Readonly<Record<string, Parsed<unknown> | undefined>>;

const placeholderPattern = /^.[A-Za-z0-9_]{1,254}$/;

const none: Placeholders = { names: {}, values: {} };

/** Reads the placeholders of a request: all that are used must be there, and all must be used. */
export function readPlaceholders(input: PlaceholderInput, used: UsedExpressions): Placeholders {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  const expressions = Object.values(used).filter((expression) => expression !== undefined);
  checkDefined('ExpressionAttributeNames', '#', names, expressions.length > 0, '');
  checkDefined(
    'ExpressionAttributeValues',
    ':',
    values,
    expressions.length > 0,
    values === undefined ? '' : missing(used),
  );
  if (expressions.length === 0) return none;
  const accepted: Placeholders = {
    names: names ?? {},
    values: values === undefined ? {} : acceptValues(values),
  };
  for (const [key, name] of Object.entries(accepted.names)) checkName(key, name);
  for (const expression of expressions) checkUsed(expression, accepted);
  checkAllUsed('ExpressionAttributeNames', accepted.names, expressions, 'names');
  checkAllUsed('ExpressionAttributeValues', accepted.values, expressions, 'values');
  return accepted;
}

/** The path with its placeholders replaced by the names that they stand for. */
export function resolvePath(path: Path, { names }: Placeholders): Path {
  return path.map((step) =>
    typeof step === 'string' && step.startsWith('#') ? (names[step] as string) : step,
  );
}

function acceptValues(values: Item): Item {
  const accepted: Item = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    try {
      accepted[key] = acceptValue(value);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.name !== 'ValidationException') throw error;
      throw validationError(
        `ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`,
      );
    }
  }
  return accepted;
}

function checkDefined(
  field: string,
  sigil: string,
  given: Record<string, unknown> | undefined,
  isUsed: boolean,
  absent: string,
): void {
  if (given === undefined) return;
  if (!isUsed) {
    throw validationError(`${field} can only be specified when using expressions${absent}`);
  }
  const keys = Object.keys(given);
  if (keys.length === 0) throw validationError(`${field} must not be empty`);
  for (const key of keys) {
    if (!key.startsWith(sigil) || !placeholderPattern.test(key)) {
      throw validationError(`${field} contains invalid key: Syntax error; key: "${key}"`);
    }
  }
}

/** Which expressions could have held values. */
function missing(used: UsedExpressions): string {
  const fields = Object.keys(used).filter((field) => field !== 'ProjectionExpression');
  if (fields.length === 0) return '';
  return `: ${fields.join(' and ')} ${fields.length === 1 ? 'is' : 'are'} null`;
}

function checkName(key: string, name: unknown): void {
  if (typeof name === 'string' && name.length > 0) return;
  throw validationError(
    `ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`,
  );
}

function checkUsed({ what, names, values }: Parsed<unknown>, given: Placeholders): void {
  for (const key of names) {
    if (Object.hasOwn(given.names, key)) continue;
    throw validationError(
      `Invalid ${what}: An expression attribute name used in the document path is not defined; ` +
        `attribute name: ${key}`,
    );
  }
  for (const key of values) {
    if (Object.hasOwn(given.values, key)) continue;
    throw validationError(
      `Invalid ${what}: An expression attribute value used in expression is not defined; ` +
        `attribute value: ${key}`,
    );
  }
}

function checkAllUsed(
  field: string,
  given: Readonly<Record<string, unknown>>,
  expressions: readonly Parsed<unknown>[],
  kind: 'names' | 'values',
): void {
  const unused = Object.keys(given).filter((key) => !expressions.some((e) => e[kind].has(key)));
  if (unused.length > 0) {
    throw validationError(
      `Value provided in ${field} unused in expressions: keys: {${unused.join(', ')}}`,
    );
  }
}
