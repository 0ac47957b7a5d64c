import type { Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { acceptItem } from '../values/accept-value.js';
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

/** Expressions hold values only where they can compare or assign. */
export type UsedExpressions = readonly (Parsed<unknown> | undefined)[];

const placeholderPattern = /^.[A-Za-z0-9_]{1,254}$/;

const none: Placeholders = { names: {}, values: {} };

/** Reads the placeholders of a request: all that are used must be there, and all must be used. */
export function readPlaceholders(input: PlaceholderInput, used: UsedExpressions): Placeholders {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  const expressions = used.filter((expression) => expression !== undefined);
  checkDefined('ExpressionAttributeNames', '#', names, expressions.length);
  checkDefined('ExpressionAttributeValues', ':', values, expressions.length);
  if (expressions.length === 0) return none;
  const accepted: Placeholders = {
    names: names ?? {},
    values: values === undefined ? {} : acceptItem(values, 'ExpressionAttributeValues'),
  };
  for (const name of Object.values(accepted.names)) checkName(name);
  checkUsage('name', accepted.names, new Set(expressions.flatMap((e) => [...e.names])));
  checkUsage('value', accepted.values, new Set(expressions.flatMap((e) => [...e.values])));
  return accepted;
}

/** The path with its placeholders replaced by the names that they stand for. */
export function resolvePath(path: Path, { names }: Placeholders): Path {
  return path.map((step) =>
    typeof step === 'string' && step.startsWith('#') ? (names[step] as string) : step,
  );
}

function checkDefined(
  field: string,
  sigil: string,
  given: Record<string, unknown> | undefined,
  expressions: number,
): void {
  if (given === undefined) return;
  if (expressions === 0) {
    throw validationError(`${field} can only be specified when using expressions`);
  }
  const keys = Object.keys(given);
  if (keys.length === 0) throw validationError(`${field} must not be empty`);
  for (const key of keys) {
    if (!key.startsWith(sigil) || !placeholderPattern.test(key)) {
      throw validationError(`${field} contains invalid key: Syntax error; key: "${key}"`);
    }
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name.length === 0) {
    throw validationError('ExpressionAttributeNames contains invalid value');
  }
}

function checkUsage(
  kind: 'name' | 'value',
  given: Readonly<Record<string, unknown>>,
  used: ReadonlySet<string>,
): void {
  for (const key of used) {
    if (!Object.hasOwn(given, key)) {
      throw validationError(
        `An expression attribute ${kind} used in an expression is not defined; ` +
          `attribute ${kind}: ${key}`,
      );
    }
  }
  const unused = Object.keys(given).filter((key) => !used.has(key));
  if (unused.length > 0) {
    const field = kind === 'name' ? 'ExpressionAttributeNames' : 'ExpressionAttributeValues';
    throw validationError(
      `Value provided in ${field} unused in expressions: keys: {${unused.join(', ')}}`,
    );
  }
}
