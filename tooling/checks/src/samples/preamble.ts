/**
 * A module of what a short sample may leave out. Names that a package exports are no part of it: a
 * guide imports them, and in a doc comment they are imported by themselves.
 */
export const preamble = `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CompoundKey } from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
export { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
export { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

type Key = CompoundKey<string, { theme: string }>;
const ofUser = { partition: 'user-123', namespace: 'settings' };

export const client = new DynamoDBClient();
export const kv = new KeyValueTable({ namespace: 'events' });
export const lock = new DynamoLock();
export const table = new PartitionedKeyValueTable();
export const counter = new KeyValueCounter({ namespace: 'api-calls' });
export const doOnce = new DoOnceManager(table);
export const limiter = new LimitedAttempt(table);
export const userPreference: Key = { ...ofUser, sort: 'theme' };
export const key: Key = { ...ofUser, sort: 'language' };
export const key1: Key = { ...ofUser, sort: 'one' };
export const key2: Key = { ...ofUser, sort: 'two' };
export const data = { theme: 'dark' };
export const value1 = { theme: 'dark' };
export const value2 = { theme: 'light' };
`;

/** The names that it exports. */
export const preambleNames: ReadonlySet<string> = new Set(
  Array.from(preamble.matchAll(/^export (?:const|\{) (\w+)/gm), ([, name = '']) => name),
);
