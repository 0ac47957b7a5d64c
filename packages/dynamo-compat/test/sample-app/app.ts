import {
  AttemptsError,
  DoOnceManager,
  DynamoLock,
  InMemoryKeyCountTable,
  InMemoryKvTable,
  InMemoryPartitionedKvTable,
  KeyValueCounter,
  KeyValueScopedCounter,
  KeyValueTable,
  LimitedAttempt,
  PartitionedKeyValueTable,
  dynamoTableName,
  noOpMonitoring,
  type CompoundKey,
  type DoOnceActionKey,
  type DoOnceResponse,
  type DynamoTableName,
  type KeyCount,
  type KeyValueList,
  type LockApi,
  type PartitionKeyMappings,
  type SortKey,
} from '@x/dynamo-compat';

/** A subclass that names its rows, as services of the original do. */
class PreferencesTable extends InMemoryPartitionedKvTable {
  protected override sortKey<P extends string>(key: CompoundKey<P>): SortKey {
    return `v1.${super.sortKey(key)}` as SortKey;
  }
}

class RenamedTable extends PartitionedKeyValueTable {
  protected override mappings(): PartitionKeyMappings {
    return { ...super.mappings(), dataFieldName: 'payload' };
  }
}

type UserId = string;
const welcome = 'welcome-email' as DoOnceActionKey;
const tags: CompoundKey<UserId, string[]> = { partition: 'u', namespace: 'profile', sort: 'tags' };

/** What production wires. */
export function production(tableName: DynamoTableName = dynamoTableName('keys')): {
  lock: LockApi;
  kv: KeyValueTable;
  counter: KeyValueCounter;
  renamed: RenamedTable;
} {
  return {
    lock: new DynamoLock({ monitoring: noOpMonitoring, timeProvider: { epochMS: () => 0 } }),
    kv: new KeyValueTable({ namespace: 'events', tableName }),
    counter: new KeyValueCounter({ namespace: 'api-calls', tableName }),
    renamed: new RenamedTable(),
  };
}

/** What a unit test of such a service does. */
export async function run(): Promise<string[]> {
  const lines: string[] = [];
  const kv: KeyValueTable = new InMemoryKvTable();
  await kv.set('user-123-action', { action: 'login' });
  const data = await kv.get<{ action: string }>('user-123-action');
  const page: KeyValueList<[string, { action: string }]> | undefined = await kv.listAll();
  lines.push(`${data?.action} ${page?.items.length}`);
  for await (const [, value] of kv.streamAll<{ action: string }>(100, { keyContains: 'user-' })) {
    lines.push(value.action);
  }

  const table = new PreferencesTable();
  await table.addToSet<UserId, string>(tags, ['javascript', 'typescript']);
  await table.addToSet(tags, 'python');
  await table.updateInSet(tags, 'typescript-pro', (tag) => tag === 'typescript');
  await table.removeFromSet(tags, 'javascript');
  lines.push((await table.get<string[], UserId>(tags))?.join() ?? '');

  const counter: KeyValueCounter = new InMemoryKeyCountTable();
  const logins = new KeyValueScopedCounter((userId: UserId) => `user-${userId}`, counter);
  await logins.inc('123', 5);
  const counts: KeyCount<string>[] = await counter.get(['user-123']);
  lines.push(`${await logins.current('123')} ${counts[0]?.count}`);

  const manager = new DoOnceManager<UserId>(table);
  const done: DoOnceResponse<string> = await manager.doOnce('u', welcome, async () => 'sent');
  lines.push(done.didAction ? `${done.actionResponse} ${done.at > 0}` : 'already');

  const limiter = new LimitedAttempt(new InMemoryPartitionedKvTable());
  // oxlint-disable-next-line typescript/no-explicit-any -- as the original's README has it
  const key: CompoundKey<string, any> = { partition: 'p', namespace: 'attempts', sort: 'u' };
  const config = { attemptsMax: 1, validityTime: 3_600_000 };
  try {
    await limiter.attempt(key, config, 'some-context-data');
    await limiter.attempt(key, config);
  } catch (error) {
    if (error instanceof AttemptsError) lines.push(error.reason);
  }
  return lines;
}
