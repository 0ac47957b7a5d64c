import { inspect } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { documentCodec } from './document-codec.js';
import { schemaCodec, type StandardSchema } from './schema-codec.js';

interface User {
  name: string;
}

/** As zod's `z.object({ name: z.string() })`: unknown properties are dropped. */
const user: StandardSchema<User> = {
  '~standard': {
    validate: (value) => {
      const name = (value as Partial<User> | null)?.name;
      return typeof name === 'string'
        ? { value: { name } }
        : { issues: [{ message: 'not a string', path: ['user', { key: 'name' }] }] };
    },
  },
};

const asyncUser: StandardSchema<User> = {
  '~standard': { validate: async (value) => user['~standard'].validate(value) },
};

describe.each([
  ['synchronous', user],
  ['asynchronous', asyncUser],
])('schemaCodec() with a %s schema', (_, schema) => {
  const codec = schemaCodec(schema);

  it('brings valid values back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record({ name: fc.string() }), async (value) => {
        expect(await codec.decode(await codec.encode(value, 'k'), 'k')).toEqual(value);
      }),
      { seed: 1 },
    );
  });

  it('stores what the schema returns', async () => {
    const value = { name: 'Ada', password: 'secret' };
    expect(await codec.encode(value, 'k')).toEqual({ S: '{"name":"Ada"}' });
  });

  it('refuses an invalid value on write, and says where it is wrong', async () => {
    const refused = codec.encode({} as User, 'user-1');
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidInput',
      field: 'the value of "user-1"',
      message: expect.stringContaining(
        'valid for its schema, which it is not at user.name',
      ) as string,
    });
  });

  it('reports an invalid row on read', async () => {
    await expect(codec.decode({ S: '{}' }, 'user-1')).rejects.toMatchObject({
      code: 'UnreadableRow',
      key: 'user-1',
    });
    await expect(codec.decode({ S: 'no json' }, 'user-1')).rejects.toMatchObject({
      code: 'UnreadableRow',
    });
  });
});

it('schemaCodec() shows nothing of a value, not even what its schema says of it', async () => {
  const message = 'Expected a number but received "hunter2"';
  const schema: StandardSchema<unknown> = {
    '~standard': { validate: () => ({ issues: [{ message }] }) },
  };
  const codec = schemaCodec(schema);
  const answers = await Promise.allSettled([
    codec.encode('hunter2', 'k'),
    codec.decode({ S: '"hunter2"' }, 'k'),
  ]);
  expect(answers).toMatchObject([
    { reason: { code: 'InvalidInput', value: 'hunter2' } },
    { reason: { code: 'UnreadableRow' } },
  ]);
  expect(inspect(answers, { depth: 9 })).not.toContain('hunter2');
});

it('schemaCodec() works around another codec', async () => {
  const codec = schemaCodec(user, documentCodec);
  expect(await codec.encode({ name: 'Ada' }, 'k')).toEqual({ M: { name: { S: 'Ada' } } });
  expect(await codec.decode({ M: { name: { S: 'Ada' } } }, 'k')).toEqual({ name: 'Ada' });
});

it('schemaCodec() passes on what a schema throws', async () => {
  const schema: StandardSchema<string> = {
    '~standard': {
      validate: () => {
        throw new RangeError('broken schema');
      },
    },
  };
  await expect(schemaCodec(schema).encode('a', 'k')).rejects.toThrow(RangeError);
});

it('schemaCodec() with a synchronous schema encodes at the call: a later change is not stored', async () => {
  const whole: StandardSchema<User> = {
    '~standard': { validate: (value) => ({ value: value as User }) },
  };
  const value = { name: 'Ada' };
  const encoded = schemaCodec(whole).encode(value, 'k');
  value.name = 'Eve';
  expect(await encoded).toEqual({ S: '{"name":"Ada"}' });
});
