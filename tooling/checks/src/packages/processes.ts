import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';
import type { Runtime } from './runtimes.js';

/** Closes its connections soon after it is asked to. A process of its own. */
const server = `import { createServer } from 'node:http';

const sockets = new Set();
const http = createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'));
});
process.stdin.on('data', () => {
  setTimeout(() => sockets.forEach((socket) => socket.destroy()), 100);
});
http.keepAliveTimeout = 60_000;
http.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
`;

const freeze = `import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { KeyValueTable } from '@x/dynamo-kv';

const server = spawn(process.argv[2], ['freeze-server.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
const [port] = await once(server.stdout, 'data');
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const endpoint = 'http://127.0.0.1:' + String(port).trim();
// One attempt: a connection that is lost is then an error.
const dynamo = new DynamoDBClient({ region: 'local', endpoint, credentials, maxAttempts: 1 });
const kv = new KeyValueTable({ dynamo, tableName: 'rows' });
const bare = () => dynamo.send(new GetItemCommand({ TableName: 'rows', Key: { key: { S: 'a' } } }));

async function failedOf(call) {
  const burst = await Promise.allSettled(Array.from({ length: 50 }, call));
  return burst.filter(({ status }) => status === 'rejected').length;
}
async function failedAfterFreeze(call) {
  await failedOf(call);
  server.stdin.write('close');
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
  return failedOf(call);
}
const [ours, others] = [await failedAfterFreeze(() => kv.get('a')), await failedAfterFreeze(bare)];
console.log('failed', ours, 'of 50; of the bare client', others);
server.kill();
process.exit();
`;

const subscriber = `import { subscribe } from 'node:diagnostics_channel';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { MemoryDynamo } from '@x/dynamo-testing';

const uncaught = [];
process.on('uncaughtException', ({ message }) => uncaught.push(message));
subscribe('x-dynamo:lock:released', () => {
  throw new Error('broken subscriber');
});
const dynamo = new MemoryDynamo();
dynamo.createTable(locksTable, 'rows');
const result = await new DynamoLock({ dynamo, tableName: 'rows' }).withLock('a', () => 5);
await new Promise((resolve) => setTimeout(resolve, 1));
console.log('result', result, uncaught.join());
`;

/** No call fails after the process was frozen, while the server closed its connections. */
export async function checkFreeze(project: string, runtime: Runtime): Promise<CheckResult> {
  writeFileSync(join(project, 'freeze-server.mjs'), server);
  const output = await outputOf(project, runtime, 'freeze', freeze);
  const failed = /^failed (\d+) of 50; of the bare client (\d+)$/m.exec(output);
  // Only Node.js is known to send on such connections: elsewhere there may be nothing to cure.
  const isProof = failed?.[2] !== '0' || !runtime.name.startsWith('Node.js');
  return {
    name: `a burst after a freeze is answered on ${runtime.name}`,
    problems: failed?.[1] === '0' && isProof ? [] : [output],
  };
}

/** A subscriber of a channel that throws changes no result, wherever the packages run. */
export async function checkSubscriber(project: string, runtime: Runtime): Promise<CheckResult> {
  const output = await outputOf(project, runtime, 'subscriber', subscriber);
  return {
    name: `a subscriber that throws changes no result on ${runtime.name}`,
    problems: output.split('\n').includes('result 5 broken subscriber') ? [] : [output],
  };
}

async function outputOf(
  project: string,
  { command, args }: Runtime,
  name: string,
  text: string,
): Promise<string> {
  writeFileSync(join(project, `${name}.mjs`), text);
  const all = [...args, `${name}.mjs`, process.execPath];
  return (await runCommand(command, all, { cwd: project })).output;
}
