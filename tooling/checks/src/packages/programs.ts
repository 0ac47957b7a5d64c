import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small program of a user's, which is run wherever the packages are said to run. */
export interface Program {
  /** The primitive that it shows, as the end of its package's name. */
  readonly name: string;
  /** The only thing that it prints. */
  readonly prints: string;
}

interface ProgramCode extends Program {
  /** Where it imports from. @default the package of its name */
  readonly entry?: string;
  readonly imports: string;
  /** What else it imports, and from where. */
  readonly also?: readonly [imports: string, entry: string];
  /** Uses `options`, or `connection` for a client of its own; returns what is printed. */
  readonly body: string;
}

const partitionedKey = "{ partition: 'user-1', namespace: 'tags', sort: 'all' }";

const code: readonly ProgramCode[] = [
  {
    name: 'lock',
    imports: 'DynamoLock, locksTable as table',
    body: `const locks = new DynamoLock(options);
  const fence = await locks.withLock('job', (lock) => lock.fence);
  const held = await locks.tryAcquire('job', { leaseMs: 5_000, heartbeat: true });
  const second = await locks.tryAcquire('job');
  return [held.fence > fence, second === undefined, await held.release()];`,
    prints: '[true,true,"released"]',
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
  },
];

/** The programs, the smallest package first. */
export const programs: readonly Program[] = code;

/** Writes each program as `<name>.mjs` and `<name>.cjs`. */
export function writePrograms(project: string): void {
  for (const program of code) {
    const print = `main().then((result) => console.log('${program.name}', JSON.stringify(result)));`;
    const head = { mjs: esmHead(program), cjs: cjsHead(program) };
    for (const format of ['mjs', 'cjs'] as const) {
      const text = `${head[format]}${main(program)}\n${print}\n`;
      writeFileSync(join(project, `${program.name}.${format}`), text);
    }
  }
  writeTogether(project, '');
}

/** Writes what runs all programs in one process, those whose files begin with `prefix`. */
export function writeTogether(project: string, prefix: string): void {
  const files = (format: string): string[] =>
    code.map(({ name }) => `'./${prefix}${name}.${format}'`);
  const imports = files('mjs').map((file) => `import ${file};\n`);
  writeFileSync(join(project, `${prefix}all.mjs`), imports.join(''));
  const requires = files('cjs').map((file) => `require(${file});\n`);
  writeFileSync(join(project, `${prefix}all.cjs`), requires.join(''));
}

/** Each program as a test of Jest, in CommonJS as it is by default, and as one of vitest. */
export function writeTests(project: string): void {
  const tests = code.map(
    (program) => `{\n${cjsHead(program)}${main(program)}${testOf(program)}}\n`,
  );
  writeFileSync(join(project, 'programs.jest.cjs'), tests.join(''));
  for (const program of code) {
    writeFileSync(
      join(project, `${program.name}.vitest.mjs`),
      `import { expect, test } from 'vitest';\n${esmHead(program)}${main(program)}${testOf(program)}`,
    );
  }
}

function testOf({ name, prints }: Program): string {
  return `
test('${name} runs', async () => {
  expect(JSON.stringify(await main())).toBe(${JSON.stringify(prints)});
});
`;
}

function esmHead(program: ProgramCode): string {
  return `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable } from '@x/dynamo-core';
import { MemoryDynamo, serve } from '@x/dynamo-testing';
${importsOf(program)
  .map(([names, entry]) => `import { ${names} } from '${entry}';\n`)
  .join('')}`;
}

function cjsHead(program: ProgramCode): string {
  return `const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { createTable } = require('@x/dynamo-core');
const { MemoryDynamo, serve } = require('@x/dynamo-testing');
${importsOf(program)
  .map(([names, entry]) => `const { ${names.replaceAll(' as ', ': ')} } = require('${entry}');\n`)
  .join('')}`;
}

function importsOf(program: ProgramCode): (readonly [imports: string, entry: string])[] {
  const { name, imports, entry = `@x/dynamo-${name}`, also } = program;
  return also === undefined ? [[imports, entry]] : [[imports, entry], also];
}

/** Over the SDK's client and a socket, as an application has it. */
function main({ body }: ProgramCode): string {
  return `
async function main() {
  const served = await serve(new MemoryDynamo());
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const connection = { region: 'local', endpoint: served.endpoint, credentials };
  const dynamo = new DynamoDBClient(connection);
  try {
    await createTable(dynamo, table, 'rows');
    return await run({ dynamo, tableName: 'rows' }, connection);
  } finally {
    dynamo.destroy();
    await served.stop();
  }
}

async function run(options, connection) {
  ${body}
}
`;
}
