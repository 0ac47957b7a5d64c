import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expectTypeOf } from 'vitest';

import {
  assertTableNameValid,
  createTableNaming,
  dynamoAssign,
  dynamoTableName,
  jsonCodec,
  schemaCodec,
  type Codec,
  type CompoundKey,
  type Dynamo,
  type DynamoTableName,
  type EpochMS,
  type EpochSeconds,
  type Logger,
  type Milliseconds,
  type Monitoring,
  type Seconds,
  type SortKey,
  type StandardSchema,
  type TableNaming,
} from '../src/index.js';
import { toTransport } from '../src/mechanism.js';

// A table name is a hard brand: only a function or an assertion of ours makes one.
expectTypeOf(dynamoTableName('users')).toEqualTypeOf<DynamoTableName>();
expectTypeOf<DynamoTableName>().toExtend<string>();
expectTypeOf<string>().not.toExtend<DynamoTableName>();

const checked: string = 'paradox.prod.users';
assertTableNameValid(checked);
expectTypeOf(checked).toExtend<DynamoTableName>();

const naming: TableNaming = createTableNaming({ prefix: 'shop', env: () => 'prod' });
const named: string = 'shop.prod.users';
naming.assertTableNameValid(named);
expectTypeOf(named).toExtend<DynamoTableName>();

// Moments, durations and sort keys are soft brands: plain values fit, other flavours do not.
expectTypeOf<number>().toExtend<EpochMS>();
expectTypeOf<EpochMS>().toExtend<number>();
expectTypeOf<string>().toExtend<SortKey>();
expectTypeOf<EpochMS>().not.toExtend<EpochSeconds>();
expectTypeOf<Milliseconds>().not.toExtend<Seconds>();
expectTypeOf<EpochMS>().not.toExtend<Milliseconds>();

// A compound key carries the type of its value, for the compiler alone.
const theme: CompoundKey<string, { theme: string }> = {
  partition: 'user-123',
  namespace: 'settings',
  sort: 'theme',
};
expectTypeOf(theme).toExtend<CompoundKey>();
expectTypeOf<CompoundKey<string, { theme: string }>>().not.toExtend<CompoundKey<string, number>>();

// `console` is a logger.
expectTypeOf(console).toExtend<Logger>();
expectTypeOf<{ logger: typeof console }>().toExtend<Monitoring>();

// Both clients of the SDK fit, and so does a transport.
expectTypeOf<DynamoDBClient>().toExtend<Dynamo>();
expectTypeOf<DynamoDBDocumentClient>().toExtend<Dynamo>();
expectTypeOf(toTransport()).toExtend<Dynamo>();
expectTypeOf<{ query: () => void }>().not.toExtend<Dynamo>();

// A transport knows what goes in and what comes back.
const transport = toTransport();
expectTypeOf(transport.call('Query', { TableName: 't' })).resolves.toHaveProperty('Items');
expectTypeOf(transport.call('Query', { TableName: 't' })).resolves.not.toHaveProperty('$metadata');
// @ts-expect-error -- a Query without a table is no Query
expectTypeOf(transport.call('Query', {})).toBeObject();

// Codecs carry the type of their values.
expectTypeOf(jsonCodec).toExtend<Codec>();

/** The interface of Standard Schema 1, as its specification gives it. */
interface StandardSchemaV1<Input, Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
      options?: { readonly libraryOptions?: Record<string, unknown> | undefined },
    ) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: ReadonlyArray<{
        readonly message: string;
        readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
      }>;
    };
declare const user: StandardSchemaV1<unknown, { name: string }>;
expectTypeOf(user).toExtend<StandardSchema<{ name: string }>>();
expectTypeOf(schemaCodec(user)).toEqualTypeOf<Codec<{ name: string }>>();

// A row class is filled in part, with what it has.
class UserDao {
  id!: string;
  name!: string;
}
expectTypeOf(dynamoAssign(UserDao, { id: '123' })).toEqualTypeOf<UserDao>();
// @ts-expect-error -- there is no such property
dynamoAssign(UserDao, { age: 5 });
