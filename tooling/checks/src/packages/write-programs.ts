import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { transformSync } from 'esbuild';

import { programs, type Program } from './programs.js';

/** Over the SDK's client and a socket, as an application has it. */
const overSdk = `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable } from '@x/dynamo-core';
import { MemoryDynamo, serve } from '@x/dynamo-testing';

export async function start({ table, run }) {
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
`;

/** Over memory alone, where the SDK does not load. */
const inMemory = `import { MemoryDynamo } from '@x/dynamo-testing';

export function start({ table, run }) {
  const dynamo = new MemoryDynamo();
  return run({ dynamo, tableName: dynamo.createTable(table, 'rows') });
}
`;

/** Over the light client and `fetch`, each in a table of its own. */
const overLight = (endpoint: string): string => `import { createTable } from '@x/dynamo-core';
import { LightClient, fetchHttp } from '@x/dynamo-light-client';

export async function start({ table, run }, name) {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const connection = { region: 'local', endpoint: '${endpoint}', credentials, http: fetchHttp() };
  const dynamo = new LightClient(connection);
  const tableName = 'rows-' + name;
  await createTable(dynamo, table, tableName);
  return run({ dynamo, tableName }, connection);
}
`;

/** Writes a module as ESM and as CommonJS: `<name>.mjs` and `<name>.cjs`. */
export function writeModule(project: string, name: string, text: string): void {
  writeFileSync(join(project, `${name}.mjs`), text);
  const { code } = transformSync(text, { format: 'cjs', target: 'node20' });
  writeFileSync(join(project, `${name}.cjs`), code.replaceAll(/("\.\/[^"]+)\.mjs"/g, '$1.cjs"'));
}

/** Writes each program as a module, and as a file that runs it and prints what it returns. */
export function writePrograms(project: string): void {
  writeModule(project, 'over-sdk', overSdk);
  writeModule(project, 'in-memory', inMemory);
  for (const program of programs) {
    const { name } = program;
    writeModule(project, `${name}.program`, moduleOf(program));
    writeModule(
      project,
      name,
      `import { start } from './over-sdk.mjs';
import * as program from './${name}.program.mjs';
start(program).then((result) => console.log('${name}', JSON.stringify(result)));
`,
    );
  }
  writeTogether(project, '');
}

function moduleOf({ name, imports, entry = `@x/dynamo-${name}`, also, body }: Program): string {
  const others = also === undefined ? '' : `import { ${also[0]} } from '${also[1]}';\n`;
  return `import { ${imports} } from '${entry}';
${others}
export { table };
export async function run(options, connection) {
  ${body}
}
`;
}

/** Writes what runs all programs in one process, those whose files begin with `prefix`. */
export function writeTogether(project: string, prefix: string): void {
  const imports = programs.map(({ name }) => `import './${prefix}${name}.mjs';\n`);
  writeModule(project, `${prefix}all`, imports.join(''));
}

/** Each program as a test of Jest, in CommonJS as it is by default, and as one of vitest. */
export function writeTests(project: string): void {
  writeTestsOf(project, 'over-sdk', programs, { jest: { programs: '' }, suffix: '', vitest: '' });
}

/**
 * The programs over memory alone: as tests of Jest and of vitest under jsdom, and of Jest with its fake
 * timers, old and new.
 */
export function writeMemoryTests(project: string, jsdomEnvironment: string): void {
  const fakes = "{ doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] }";
  const jest = {
    jsdom: `/** @jest-environment ${jsdomEnvironment} */\n`,
    'fake-timers': `jest.useFakeTimers(${fakes});\n`,
    'legacy-timers': 'jest.useFakeTimers({ legacyFakeTimers: true });\n',
  };
  const ran = programs.filter(({ inMemory: runs = true }) => runs);
  const vitest = '// @vitest-environment jsdom\n';
  writeTestsOf(project, 'in-memory', ran, { jest, suffix: '-jsdom', vitest });
}

/** How files of tests begin. */
interface Heads {
  readonly jest: Readonly<Record<string, string>>;
  readonly suffix: string;
  readonly vitest: string;
}

function writeTestsOf(
  project: string,
  over: string,
  ran: readonly Program[],
  { jest, suffix, vitest }: Heads,
): void {
  const testOf = ({ name, prints }: Program, module: string): string => `
test('${name} runs', async () => {
  expect(JSON.stringify(await start(${module}))).toBe(${JSON.stringify(prints)});
});
`;
  const tests = ran.map((program) => testOf(program, `require('./${program.name}.program.cjs')`));
  for (const [name, head] of Object.entries(jest)) {
    const text = `${head}const { start } = require('./${over}.cjs');\n${tests.join('')}`;
    writeFileSync(join(project, `${name}.jest.cjs`), text);
  }
  for (const program of ran) {
    const text = `${vitest}import { expect, test } from 'vitest';
import { start } from './${over}.mjs';
import * as program from './${program.name}.program.mjs';
${testOf(program, 'program')}`;
    writeFileSync(join(project, `${program.name}${suffix}.vitest.mjs`), text);
  }
}

/** Writes the programs as one Worker, over the light client. Returns its path. */
export function writeWorker(project: string, endpoint: string, ran: readonly Program[]): string {
  writeFileSync(join(project, 'over-light.mjs'), overLight(endpoint));
  const imports = ran.map(({ name }, i) => `import * as p${i} from './${name}.program.mjs';\n`);
  const runs = ran.map(
    ({ name }, i) => `console.log('${name} ' + JSON.stringify(await start(p${i}, '${name}')));\n`,
  );
  const worker = join(project, 'all.worker.mjs');
  const head = `import { start } from './over-light.mjs';\n${imports.join('')}`;
  writeFileSync(worker, `${head}export default { async test() {\n${runs.join('')}} };\n`);
  return worker;
}
