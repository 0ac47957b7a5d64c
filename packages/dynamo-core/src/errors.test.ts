import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { BatchIncompleteError } from './send-batches.js';
import { TableNotActiveError } from './create-table.js';
import * as errors from './errors.js';
import * as primitiveErrors from './primitive-errors.js';
import * as writeErrors from './write-errors.js';

const here = { ...errors, ...primitiveErrors, ...writeErrors };

// The same source loaded twice, as the ESM and the CJS copy of the package are.
const copyOf = (file: string): Promise<object> =>
  import(new URL(`${file}?copy`, import.meta.url).href);
const there = {
  ...(await copyOf('errors.ts')),
  ...(await copyOf('primitive-errors.ts')),
  ...(await copyOf('write-errors.ts')),
} as typeof here;

const instances = (copy: typeof here): Record<string, Error> => ({
  InvalidInputError: new copy.InvalidInputError('field', 5, 'less'),
  ItemTooLargeError: new copy.ItemTooLargeError('k', 2, 1),
  UnreadableRowError: new copy.UnreadableRowError('k', 'reason'),
  ConflictError: new copy.ConflictError('k', 3),
  KeyCollisionError: new copy.KeyCollisionError('k', 'it holds a count'),
  SdkMismatchError: new copy.SdkMismatchError('3.1.0', '3.2.0'),
  TokenReusedError: new copy.TokenReusedError('k'),
});
const names = Object.keys(instances(here));

it('the copies are two', () => {
  expect(there.ConflictError).not.toBe(here.ConflictError);
});

describe.each(names)('%s', (name) => {
  const classOf = (copy: typeof here, of: string): abstract new () => Error =>
    (copy as unknown as Record<string, abstract new () => Error>)[of]!;

  it.each([
    ['of this copy', here],
    ['of another copy', there],
  ])('instanceof holds for errors %s, and for no other class', (_, copy) => {
    const error = instances(copy)[name];
    const classes = names.filter((other) => error instanceof classOf(here, other));
    expect(classes).toEqual([name]);
    expect(error).toBeInstanceOf(here.DynamoPrimitiveError);
    expect(error).toBeInstanceOf(Error);
  });

  it('carries its name, its code and a message of the form "Cannot …"', () => {
    const error = instances(here)[name];
    expect(error).toMatchObject({ name, code: name.replace(/Error$/, '') });
    expect(error?.message).toMatch(/^Cannot \w+ .*: /);
  });
});

describe('instanceof', () => {
  it('does not take an error for ours that only looks like it', () => {
    const lookalike = Object.assign(new Error('no'), { name: 'ConflictError', code: 'Conflict' });
    expect(lookalike).not.toBeInstanceOf(here.ConflictError);
    expect(lookalike).not.toBeInstanceOf(here.DynamoPrimitiveError);
    for (const value of [undefined, null, 'Conflict', 5, {}]) {
      expect(value instanceof here.DynamoPrimitiveError).toBe(false);
    }
  });

  it('keeps a class of the user to its own instances', () => {
    class UserConflict extends here.ConflictError {}
    class Other extends here.ConflictError {}
    const error = new UserConflict('k', 1);
    expect(error).toBeInstanceOf(UserConflict);
    expect(error).toBeInstanceOf(here.ConflictError);
    expect(error).toBeInstanceOf(there.ConflictError);
    expect(error).not.toBeInstanceOf(Other);
    expect(new here.ConflictError('k', 1)).not.toBeInstanceOf(UserConflict);
  });

  it('keeps a class of the user that extends the base to its own code', () => {
    class QuotaError extends here.DynamoPrimitiveError {
      static override readonly code = 'Quota';
      constructor() {
        super('Cannot go on: quota');
      }
    }
    expect(new QuotaError()).toBeInstanceOf(QuotaError);
    expect(new QuotaError()).toBeInstanceOf(here.DynamoPrimitiveError);
    expect(new QuotaError().name).toBe('QuotaError');
    expect(new here.ConflictError('k', 1)).not.toBeInstanceOf(QuotaError);
  });

  it('holds for the errors beside their functions', () => {
    expect(new BatchIncompleteError(1, ['a'])).toBeInstanceOf(BatchIncompleteError);
    expect(new TableNotActiveError('t', 'CREATING', 5)).toBeInstanceOf(there.DynamoPrimitiveError);
  });
});

it('InvalidInputError is a TypeError and keeps its cause', () => {
  const cause = new Error('why');
  const error = new here.InvalidInputError('field', 5, 'less', { cause });
  expect(error).toBeInstanceOf(TypeError);
  expect(error.cause).toBe(cause);
  expect(error).toMatchObject({ field: 'field', value: 5 });
  expect(error.message).toBe('Cannot use 5 as field: it must be less');
});

describe('what an error shows', () => {
  const shown = (error: Error): string =>
    [error.message, String(error), inspect(error, { depth: 9 }), JSON.stringify(error)].join();

  it('leaves out what was passed, which its field still holds', () => {
    const value = { password: 'hunter2', at: 5n };
    const error = new here.InvalidInputError('field', value, 'less');
    expect(shown(error)).not.toContain('hunter2');
    expect(error.value).toBe(value);
  });

  it.each(['hunter2', 4111111111111111, 4111111111111111n])(
    'says only the type of what is data: %s',
    (value) => {
      const error = new here.InvalidInputError('field', value, 'less', { isData: true });
      expect(error.message).toBe(`Cannot use a ${typeof value} as field: it must be less`);
      expect(shown(error)).not.toMatch(/hunter2|4111/);
      expect(error.value).toBe(value);
    },
  );

  it('has its message in JSON, and once in what `inspect` shows', () => {
    const error = new here.InvalidInputError('field', 5, 'less');
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: { name: error.name, code: error.code, field: 'field', message: error.message },
    });
    expect(inspect(error).split(error.message)).toHaveLength(2);
  });

  it('is JSON with a bigint, too', () => {
    class QuotaError extends here.DynamoPrimitiveError {
      static override readonly code = 'Quota';
      readonly used = 5n;
    }
    const error = new QuotaError('Cannot go on: quota');
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: { name: 'QuotaError', code: 'Quota', message: 'Cannot go on: quota', used: '5' },
    });
  });
});

describe('show()', () => {
  it.each([
    ['a"b', '"a\\"b"'],
    ['x'.repeat(100), `"${'x'.repeat(57)}…"`],
    [5, '5'],
    [5n, '5n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'a symbol'],
    [() => 1, 'an instance of Function'],
    [[1], 'an instance of Array'],
    [new Map(), 'an instance of Map'],
    [Object.create(null), 'an instance of Object'],
    [{ constructor: null }, 'an instance of Object'],
  ])('is short and safe', (value, text) => {
    expect(here.show(value)).toBe(text);
  });
});
