import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';
import type { Runtime } from './runtimes.js';

/** Closes its connections soon after it is told to. A process of its own. */
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

const program = `import { spawn } from 'node:child_process';
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

/** No call fails after the process was frozen, while the server closed its connections. */
export async function checkFreeze(
  project: string,
  { name: on, command, args }: Runtime,
): Promise<CheckResult> {
  writeFileSync(join(project, 'freeze-server.mjs'), server);
  writeFileSync(join(project, 'freeze.mjs'), program);
  const { output } = await runCommand(command, [...args, 'freeze.mjs', process.execPath], {
    cwd: project,
  });
  const failed = /^failed (\d+) of 50; of the bare client (\d+)$/m.exec(output);
  // Only Node.js is known to send on such connections: elsewhere there may be nothing to cure.
  const isProof = failed?.[2] !== '0' || !on.startsWith('Node.js');
  return {
    name: `a burst after a freeze is answered on ${on}`,
    problems: failed?.[1] === '0' && isProof ? [] : [output],
  };
}
