import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';
import type { Runtime } from './runtimes.js';

const program = `import { subscribe } from 'node:diagnostics_channel';
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

/** A subscriber of a channel that throws changes no result, wherever the packages run. */
export async function checkSubscriber(
  project: string,
  { name: on, command, args }: Runtime,
): Promise<CheckResult> {
  writeFileSync(join(project, 'subscriber.mjs'), program);
  const { output } = await runCommand(command, [...args, 'subscriber.mjs'], { cwd: project });
  const isRight = output.split('\n').includes('result 5 broken subscriber');
  return {
    name: `a subscriber that throws changes no result on ${on}`,
    problems: isRight ? [] : [output],
  };
}
