import type { CheckResult } from '../report.js';
import type { CommandResult } from './command.js';

/** A small program of a user's, which is run wherever the packages are said to run. */
export interface Program {
  /** The primitive that it shows, as the end of its package's name. */
  readonly name: string;
  /** The only thing that it prints. */
  readonly prints: string;
  /** Whether it runs where there is no SDK and no Node.js. @default true */
  readonly inWorkers?: boolean;
  /** Whether it runs without the SDK and without what `fetch` brings. @default true */
  readonly inMemory?: boolean;
  /** Where it imports from. @default the package of its name */
  readonly entry?: string;
  readonly imports: string;
  /** What else it imports, and from where. */
  readonly also?: readonly [imports: string, entry: string];
  /** Uses `options`, or `connection` for a client of its own; returns what is printed. */
  readonly body: string;
}

const partitionedKey = "{ partition: 'user-1', namespace: 'tags', sort: 'all' }";

/** The programs, the smallest package first. */
export const programs: readonly Program[] = [
  {
    name: 'lock',
    imports: 'DynamoLock, locksTable as table',
    also: ['subscribe', 'node:diagnostics_channel'],
    body: `const heard = [];
  subscribe('x-dynamo:lock:released', ({ key, outcome }) => {
    if (key === 'report') heard.push(outcome);
  });
  const locks = new DynamoLock(options);
  const fence = await locks.withLock('report', (lock) => lock.fence);
  const held = await locks.tryAcquire('report', { leaseMs: 5_000, heartbeat: true });
  const second = await locks.tryAcquire('report');
  return [held.fence > fence, second === undefined, await held.release(), ...heard];`,
    prints: '[true,true,"released","released","released"]',
  },
  {
    name: 'semaphore',
    imports: 'DynamoSemaphore, semaphoresTable as table',
    body: `const semaphore = new DynamoSemaphore(options);
  const permit = await semaphore.tryAcquire('exports', { n: 1, info: 'a' });
  const second = await semaphore.tryAcquire('exports', { n: 1 });
  const [{ info }] = await semaphore.inspect('exports');
  return [second === undefined, info, await permit.release()];`,
    prints: '[true,"a","released"]',
  },
  {
    name: 'compat',
    imports: 'DynamoLock, DynamoLockEntryDao as table, InMemoryKvTable',
    body: `const lock = await new DynamoLock(options).tryAcquire('exports', 30);
  const released = await lock.release();
  const kv = new InMemoryKvTable();
  await kv.set('id', 1);
  return [released === undefined, await kv.get('id')];`,
    prints: '[true,1]',
    // It makes a client of the SDK where it is given none, as the original does.
    inWorkers: false,
    inMemory: false,
  },
  {
    name: 'leader',
    imports: 'DynamoLeader',
    also: ['DynamoLock, locksTable as table', '@x/dynamo-lock'],
    body: `const locks = new DynamoLock(options);
  const leader = await new Promise((resolve) => {
    const elected = new DynamoLeader(locks, 'job', { onElected: () => resolve(elected) });
    elected.start();
  });
  const leads = leader.isLeader;
  await leader.stop();
  return [leads, leader.isLeader];`,
    prints: '[true,false]',
  },
  {
    name: 'kv',
    imports: 'KeyValueTable, keysTable as table',
    body: `const kv = new KeyValueTable({ namespace: 'a', ...options });
  await kv.set('one', { n: 1 });
  const first = await kv.setIfNotExists('one', { n: 2 });
  await kv.update('one', ({ n }) => ({ n: n + 1 }));
  return [first, await kv.get('one', { consistent: true })];`,
    prints: '[false,{"n":2}]',
  },
  {
    name: 'partitioned',
    imports: 'PartitionedKeyValueTable, partitionedKeysTable as table',
    body: `const values = new PartitionedKeyValueTable(options);
  await values.addToSet(${partitionedKey}, ['a', 'b']);
  await values.removeFromSet(${partitionedKey}, 'a');
  return values.get(${partitionedKey}, { consistent: true });`,
    prints: '["b"]',
  },
  {
    name: 'counter',
    imports: 'KeyValueCounter, keysTable as table',
    body: `const counter = new KeyValueCounter({ namespace: 'a', ...options });
  return [await counter.incr('hits'), await counter.incr('hits', 2)];`,
    prints: '[1,3]',
  },
  {
    name: 'do-once',
    imports: 'DoOnceManager, partitionedKeysTable as table',
    body: `const manager = new DoOnceManager(options, { storeResult: true, heartbeat: true });
  const did = await manager.doOnce('user-1', 'mail', () => 'sent');
  const Item = { partitionKey: 'user-1', sortKey: 'note', data: '1' };
  const put = { Put: { TableName: options.tableName, Item } };
  const moved = await manager.transact('user-1', 'move', [put]);
  const again = await manager.doOnce('user-1', 'mail', () => 'sent twice');
  return [did.didAction, moved.didAction, again.actionResponse];`,
    prints: '[true,true,"sent"]',
  },
  {
    name: 'limited-attempt',
    imports: 'LimitedAttempt, partitionedKeysTable as table',
    body: `const limiter = new LimitedAttempt(options);
  const limit = { attemptsMax: 1, validityTime: 60_000 };
  const first = await limiter.tryAttempt(${partitionedKey}, limit);
  return [first !== undefined, await limiter.tryAttempt(${partitionedKey}, limit) === undefined];`,
    prints: '[true,true]',
  },
  {
    name: 'rate-limit',
    entry: '@x/dynamo-rate-limit/express',
    imports: 'expressStore, partitionedKeysTable as table',
    body: `const store = expressStore(options);
  await store.init({ windowMs: 60_000 });
  const first = await store.increment('10.0.0.1');
  const second = await store.increment('10.0.0.1');
  return [first.totalHits, second.totalHits, second.resetTime instanceof Date];`,
    prints: '[1,2,true]',
  },
  {
    name: 'session',
    imports: 'DynamoSessionStore, keysTable as table',
    body: `const store = new DynamoSessionStore(options);
  const done = (method, ...args) => new Promise((resolve, reject) => {
    store[method](...args, (error, value) => (error ? reject(error) : resolve(value)));
  });
  await done('set', 'a', { cookie: { expires: null }, user: 'ann' });
  const session = await done('get', 'a');
  await done('destroy', 'a');
  return [session.user, await done('get', 'a')];`,
    prints: '["ann",null]',
  },
  {
    name: 'idempotency',
    entry: '@x/dynamo-idempotency/fetch',
    imports: 'idempotent, partitionedKeysTable as table',
    body: `let calls = 0;
  const pay = idempotent(() => new Response(String(++calls), { status: 201 }), options);
  const ask = async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const request = new Request('http://shop.example/pay', { method: 'POST', headers, body: 'x' });
    const response = await pay(request);
    return [response.status, await response.text(), response.headers.get('idempotency-replayed')];
  };
  return [await ask(), await ask()];`,
    prints: '[[201,"1",null],[201,"1","true"]]',
    inMemory: false,
  },
  {
    name: 'keyv',
    imports: 'DynamoKeyv, keysTable as table',
    body: `const store = new DynamoKeyv(options);
  await store.set('a', 'text', 60_000);
  const read = [await store.get('a'), await store.hasMany(['a', 'b'])];
  return [...read, await store.delete('a'), await store.delete('a')];`,
    prints: '["text",[true,false],true,false]',
  },
  {
    name: 'unstorage',
    imports: 'dynamoDriver, keysTable as table',
    body: `const driver = dynamoDriver(options);
  await driver.setItem('a:b', 'text', {});
  const read = [await driver.getItem('a:b'), await driver.getKeys('a', {})];
  await driver.removeItem('a:b', {});
  return [...read, await driver.hasItem('a:b', {})];`,
    prints: '["text",["a:b"],false]',
  },
  {
    name: 'light-client',
    imports: 'LightClient',
    also: ['KeyValueTable, keysTable as table', '@x/dynamo-kv'],
    body: `const dynamo = new LightClient(connection);
  try {
    const kv = new KeyValueTable({ ...options, dynamo });
    await kv.set('one', { n: 1 });
    const stored = await kv.setIfNotExists('one', { n: 2 });
    const lost = await dynamo.call('GetItem', { TableName: 'none', Key: {} }).catch((e) => e.name);
    return [stored, await kv.get('one', { consistent: true }), lost];
  } finally {
    dynamo.destroy();
  }`,
    prints: '[false,{"n":1},"ResourceNotFoundException"]',
    inMemory: false,
  },
];

/** Of each of these programs whether a run of them all printed what it prints. */
export function printed(
  { ok, output }: CommandResult,
  titleOf: (name: string) => string,
  ran: readonly Program[] = programs,
): CheckResult[] {
  const lines = output.split('\n');
  return ran.map(({ name, prints }) => {
    const isRight = ok && lines.includes(`${name} ${prints}`);
    return { name: titleOf(name), problems: isRight ? [] : [output] };
  });
}
