// Compiles and runs every sample of the docs: npm test -- samples
import { fileURLToPath } from 'node:url';

import { availableEngines, startDynamo } from '@x/dynamo-testing';

import { finish, printCheck, type CheckResult } from '../report.js';
import { readWorkspace } from '../workspace.js';
import { checkSamples } from './check.js';

const folder = fileURLToPath(new URL('../../.generated/samples', import.meta.url));
const engine = (await availableEngines()).find((name) => !['endpoint', 'memory'].includes(name));
if (engine === undefined) {
  const problem = 'No engine: install Java 17 or later (DynamoDB Local comes with the workspace)';
  const result: CheckResult = { name: 'samples', problems: [problem] };
  printCheck(result);
  finish([result]);
} else {
  await using dynamo = await startDynamo({ engine });
  console.log(`Samples run on ${engine}.`);
  const results = await checkSamples(readWorkspace(), folder, dynamo.endpoint);
  for (const result of results) printCheck(result);
  finish(results);
}
