import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expectTypeOf } from 'vitest';

import {
  AttemptsError,
  dynamoAssign,
  dynamoTableName,
  noOpMonitoring,
  type DynamoDao,
  type DynamoTableName,
} from '../src/index.js';
import * as compat from '../src/index.js';

/** What code has from `@paradoxical-io/types` and `@paradoxical-io/common-server`, as both are. */
type Brand<K, T> = K & { __brand: T };
type EpochMS = Brand<number, 'EpochMS'>;
type Milliseconds = Brand<number, 'Milliseconds'>;
type SortKey = Brand<string, 'SortKey'>;
type DoOnceActionKey = Brand<string, 'DoOnceActionKey'>;
type UserId = Brand<string, 'UserId'>;
interface CompoundKey<P extends string> {
  partition: P;
  sort: SortKey;
  namespace: string;
}
interface TheirLockApi {
  tryAcquire(
    key: string,
    timeoutSeconds: number,
  ): Promise<{ type: 'lock'; release(): Promise<void> } | undefined>;
}

interface Theme {
  theme: string;
}
declare const client: DynamoDBClient;
declare const userId: UserId;
declare const action: DoOnceActionKey;
declare const now: EpochMS;
declare const hour: Milliseconds;
declare const theirKey: CompoundKey<UserId>;
declare const key: compat.CompoundKey<UserId, Theme>;
declare const tags: compat.CompoundKey<UserId, string[]>;
declare const attempts: compat.CompoundKey<string, compat.ResetState<'why'>>;
const props = { dynamo: client, tableName: dynamoTableName('a'), monitoring: noOpMonitoring };
const timeProvider = { epochMS: () => now };

// Locks.
const lock = new compat.DynamoLock({ ...props, timeProvider });
expectTypeOf(compat.DynamoLock).toBeConstructibleWith();
expectTypeOf(lock).toExtend<compat.LockApi>();
expectTypeOf(lock).toExtend<TheirLockApi>();
expectTypeOf<compat.Lock['release']>().toEqualTypeOf<() => Promise<void>>();
expectTypeOf({ release: async () => {} }).toExtend<compat.Lock>();

// Values.
const kv = new compat.KeyValueTable({ ...props, namespace: 'events' });
expectTypeOf(compat.KeyValueTable).toBeConstructibleWith();
expectTypeOf(kv.get<Theme>('a')).resolves.toEqualTypeOf<Theme | undefined>();
expectTypeOf(kv.getBatch<Theme>(['a'])).resolves.toEqualTypeOf<Theme[]>();
expectTypeOf(kv.set<Theme>('a', { theme: 'dark' })).resolves.toEqualTypeOf<void>();
expectTypeOf(kv.setBatch(['a', 'b'])).resolves.toEqualTypeOf<void>();
expectTypeOf(kv.delete('a')).resolves.toEqualTypeOf<void>();
const page = await kv.listAll<UserId, Theme>({ limit: 1, keyContains: 'a' });
expectTypeOf(page).toEqualTypeOf<compat.KeyValueList<[UserId, Theme]> | undefined>();
expectTypeOf(page?.pagePointer).toEqualTypeOf<compat.KeyValueTablePageItem | undefined>();
if (page?.pagePointer) void kv.listAll({ pageItem: page.pagePointer });
expectTypeOf(kv.streamAll<Theme>(10, { minimumDelayBetween: hour, keyContains: 'a' })).toExtend<
  AsyncGenerator<[string, Theme]>
>();
expectTypeOf<compat.DynamoKey>().toEqualTypeOf<Record<string, AttributeValue>>();

// Values by partition: the value's type is inferred from the key, or given, first.
const table = new compat.PartitionedKeyValueTable(props);
expectTypeOf(compat.PartitionedKeyValueTable).toBeConstructibleWith();
expectTypeOf(table.dynamo).toEqualTypeOf<DynamoDBClient>();
expectTypeOf(table.tableName).toBeString();
expectTypeOf(table.get(key)).resolves.toEqualTypeOf<Theme | undefined>();
expectTypeOf(table.get<Theme, UserId>(key)).resolves.toEqualTypeOf<Theme | undefined>();
expectTypeOf(table.get<Theme, UserId>(theirKey)).resolves.toEqualTypeOf<Theme | undefined>();
expectTypeOf(table.set<Theme, UserId>(key, { theme: 'dark' })).resolves.toEqualTypeOf<void>();
expectTypeOf(
  table.setIfNotExists<Theme, UserId>(key, { theme: 'dark' }),
).resolves.toEqualTypeOf<boolean>();
expectTypeOf(
  table.setBatch<Theme, UserId>([{ key, data: { theme: 'dark' } }]),
).resolves.toEqualTypeOf<void>();
// @ts-expect-error -- not what the key says
void table.set(key, 7);
expectTypeOf(table.exists<UserId, Theme>(key)).resolves.toEqualTypeOf<boolean>();
expectTypeOf(table.delete<UserId>(key)).resolves.toEqualTypeOf<void>();
expectTypeOf(table.clear<UserId>(userId)).resolves.toEqualTypeOf<void>();
expectTypeOf(table.listAll(userId)).toExtend<AsyncGenerator<{ key: string; value: string }[]>>();

// Sets: the partition's type is the first here.
const isSame = (left: string, right: string): boolean => left === right;
expectTypeOf(table.addToSet<UserId, string>(tags, ['a'], isSame)).resolves.toEqualTypeOf<boolean>();
expectTypeOf(table.addToSet(tags, 'a')).resolves.toEqualTypeOf<boolean>();
expectTypeOf(
  table.removeFromSet<UserId, string>(tags, 'a', isSame),
).resolves.toEqualTypeOf<boolean>();
expectTypeOf(
  table.existsInSet<UserId, string>(tags, 'a', isSame),
).resolves.toEqualTypeOf<boolean>();
expectTypeOf(
  table.updateInSet<UserId, string>(tags, 'a', (tag) => tag === 'b'),
).resolves.toEqualTypeOf<boolean>();
expectTypeOf(
  table.removeFromSetByKey<UserId, string>(tags, (tag) => tag === 'b'),
).resolves.toEqualTypeOf<boolean>();

// Subclasses, with either library's types, and with all or some of the mappings.
export class Branded extends compat.PartitionedKeyValueTable {
  protected override sortKey<P extends string>(each: compat.CompoundKey<P>): SortKey {
    return each.namespace === 'raw' ? (each.sort as SortKey) : super.sortKey(each);
  }
  protected override partitionKey<P extends string>(each: compat.CompoundKey<P>): P {
    return super.partitionKey(each);
  }
  protected override mappings(): {
    sortKeyFieldName: string;
    sortKeyFieldAWSType: 'S' | 'N';
    partitionKeyFieldName: string;
    dataFieldName: string;
    md5: 'md5';
  } {
    return { ...super.mappings(), sortKeyFieldAWSType: 'N' };
  }
  protected override async getRaw<T, P extends string>(
    each: compat.CompoundKey<P, T>,
  ): Promise<{ data: T; md5?: string | undefined } | undefined> {
    return super.getRaw<T, P>(each);
  }
  protected override setIfMd5Matches<T, P extends string>(
    each: compat.CompoundKey<P, T>,
    data: T,
    md5: string | undefined,
  ): Promise<boolean> {
    return super.setIfMd5Matches<T, P>(each, data, md5);
  }
}
export class Plain extends compat.PartitionedKeyValueTable {
  protected override sortKey(each: compat.CompoundKey): string {
    return `v1.${super.sortKey(each)}`;
  }
  protected override mappings(): Partial<compat.PartitionKeyMappings> {
    return { dataFieldName: 'payload' };
  }
}

// Counters.
const counter = new compat.KeyValueCounter({ ...props, namespace: 'calls' });
// @ts-expect-error -- the namespace is required
expectTypeOf(compat.KeyValueCounter).toBeConstructibleWith(props);
expectTypeOf(counter.get<UserId>([userId])).resolves.toEqualTypeOf<compat.KeyCount<UserId>[]>();
expectTypeOf(counter.incr<UserId>(userId, 0.5)).resolves.toEqualTypeOf<number>();
expectTypeOf(counter.decr<UserId>(userId)).resolves.toEqualTypeOf<number>();
expectTypeOf(counter.delete<UserId>(userId)).resolves.toEqualTypeOf<void>();
expectTypeOf<compat.KeyCount>().toEqualTypeOf<{ id: string; count?: number }>();
const scoped = new compat.KeyValueScopedCounter<UserId>((id) => `user-${id}`, counter);
expectTypeOf(scoped.reset(userId)).resolves.toEqualTypeOf<void>();
expectTypeOf(scoped.get([userId])).resolves.toEqualTypeOf<compat.KeyCount<UserId>[]>();
expectTypeOf(scoped.current(userId)).resolves.toEqualTypeOf<number>();
expectTypeOf(scoped.inc(userId, 2)).resolves.toEqualTypeOf<number>();
expectTypeOf(scoped.decr(userId)).resolves.toEqualTypeOf<number>();
const counts = new compat.PartitionedKeyValueCounter(props);
const keys = new compat.PartitionedKeys(table, counts);
for (const by of [undefined, 2]) {
  expectTypeOf(counts.incr<UserId>(key, by)).resolves.toEqualTypeOf<number>();
  expectTypeOf(counts.decr<UserId>(key, by)).resolves.toEqualTypeOf<number>();
  expectTypeOf(keys.incrCounter<UserId>(key, by)).resolves.toEqualTypeOf<number>();
  expectTypeOf(keys.decrCounter<UserId>(key, by)).resolves.toEqualTypeOf<number>();
}
expectTypeOf(counts.get<UserId>(key)).resolves.toEqualTypeOf<number | undefined>();
expectTypeOf(counts.delete<UserId>(key)).resolves.toEqualTypeOf<void>();
expectTypeOf(keys.getValue<Theme, UserId>(key)).resolves.toEqualTypeOf<Theme | undefined>();
expectTypeOf(keys.setValue<Theme, UserId>(key, { theme: '' })).resolves.toEqualTypeOf<void>();
expectTypeOf(keys.delete<Theme, UserId>(key)).resolves.toEqualTypeOf<void>();
expectTypeOf(keys.getCounter<UserId>(key)).resolves.toEqualTypeOf<number | undefined>();

// Do once.
const manager = new compat.DoOnceManager<UserId>(table, timeProvider, noOpMonitoring);
const done: compat.DoOnceResponse<string> = await manager.doOnce(userId, action, async () => 'a');
// @ts-expect-error -- nothing is known of it before it is asked
expectTypeOf(done.at).toBeNumber();
if (done.didAction) {
  expectTypeOf(done.actionResponse).toBeString();
  expectTypeOf(done.at).toExtend<EpochMS>();
}
const known: { done: true; at?: EpochMS } | undefined = await manager.haveAlreadyDone(
  userId,
  'mail',
);
expectTypeOf(known).toEqualTypeOf<compat.DoOnceResult | undefined>();
expectTypeOf(manager.markDone(userId, action)).resolves.toEqualTypeOf<EpochMS>();
expectTypeOf(manager.clearKey(userId, action)).resolves.toEqualTypeOf<void>();
expectTypeOf<compat.DoOnceActionKey>().toEqualTypeOf<DoOnceActionKey>();

// Attempts.
expectTypeOf(compat.LimitedAttempt).toBeConstructibleWith();
const limiter = new compat.LimitedAttempt(table, timeProvider);
const limit = { attemptsMax: 3, validityTime: hour };
const attempt = await limiter.attempt<'why'>(attempts, limit, 'why');
expectTypeOf(attempt).toEqualTypeOf<compat.SuccessfulAttempt<'why'> | undefined>();
expectTypeOf(attempt?.context).toEqualTypeOf<'why' | undefined>();
expectTypeOf(attempt?.clear()).toEqualTypeOf<Promise<void> | undefined>();
expectTypeOf(new AttemptsError('attempts').reason).toEqualTypeOf<'attempts'>();
// @ts-expect-error -- the one reason
expectTypeOf(AttemptsError).toBeConstructibleWith('other');
const state: compat.ResetState<'why'> = { created: now, attempts: 1, data: undefined };
expectTypeOf(state.data).toEqualTypeOf<'why' | undefined>();

// Sets by key.
const sets = new compat.KeySetValueTable<UserId, string>(
  (id) => id,
  kv,
  (values: string[], value) => values.includes(value),
);
expectTypeOf(sets.append(userId, 'a')).resolves.toEqualTypeOf<void>();
expectTypeOf(sets.remove(userId, 'a', { deleteOnEmpty: true })).resolves.toEqualTypeOf<void>();
expectTypeOf(sets.exists(userId)).resolves.toEqualTypeOf<boolean>();
expectTypeOf(sets.get(userId)).resolves.toEqualTypeOf<string[]>();
expectTypeOf(sets.set(userId, ['a'])).resolves.toEqualTypeOf<void>();
expectTypeOf(sets.streamAll(10, {})).toExtend<AsyncGenerator<[UserId, string[]]>>();

// Names, rows and doubles.
expectTypeOf(dynamoTableName('a')).toEqualTypeOf<DynamoTableName>();
expectTypeOf<string>().not.toExtend<DynamoTableName>();
expectTypeOf<string>().not.toExtend<compat.KeyValueTablePageItem>();
const name: string = 'paradox.dev.a';
compat.assertTableNameValid(name);
expectTypeOf(name).toExtend<DynamoTableName>();
expectTypeOf<compat.DynamoLockEntryDao>().toExtend<
  DynamoDao & { key: string; expiresAt: number }
>();
expectTypeOf(dynamoAssign(compat.KeyValueTableDao, { key: 'a' }).data).toBeString();
expectTypeOf(dynamoAssign(compat.KeyValueCountTableDao, {}).count).toBeNumber();
expectTypeOf<compat.PartitionedKeyValueTableDao<UserId>['partitionKey']>().toEqualTypeOf<UserId>();
expectTypeOf<compat.PartitionedKeyCounterTableDao['count']>().toEqualTypeOf<number | undefined>();
expectTypeOf<compat.InMemoryKvTable>().toExtend<compat.KeyValueTable>();
expectTypeOf<compat.InMemoryPartitionedKvTable>().toExtend<compat.PartitionedKeyValueTable>();
expectTypeOf<compat.InMemoryKeyCountTable>().toExtend<compat.KeyValueCounter>();
expectTypeOf<compat.InMemoryPartitionedKeyCountTable>().toExtend<compat.PartitionedKeyValueCounter>();
expectTypeOf<compat.InMemoryPartitionedKeys>().toExtend<compat.PartitionedKeys>();

// What is made by hand may be changed by hand.
const made: compat.CompoundKey<string, number> = { partition: 'p', namespace: 'n', sort: 's' };
made.sort = 'other';
expectTypeOf<compat.EpochMS>().toEqualTypeOf<EpochMS>();
expectTypeOf<compat.SortKey>().toEqualTypeOf<SortKey>();
