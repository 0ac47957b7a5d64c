import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { programs, type Program } from './programs.js';

/** Writes each program as `<name>.mjs` and `<name>.cjs`. */
export function writePrograms(project: string): void {
  for (const program of programs) {
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
    programs.map(({ name }) => `'./${prefix}${name}.${format}'`);
  const imports = files('mjs').map((file) => `import ${file};\n`);
  writeFileSync(join(project, `${prefix}all.mjs`), imports.join(''));
  const requires = files('cjs').map((file) => `require(${file});\n`);
  writeFileSync(join(project, `${prefix}all.cjs`), requires.join(''));
}

/** Each program as a test of Jest, in CommonJS as it is by default, and as one of vitest. */
export function writeTests(project: string): void {
  const tests = programs.map(
    (program) => `{\n${cjsHead(program)}${main(program)}${testOf(program)}}\n`,
  );
  writeFileSync(join(project, 'programs.jest.cjs'), tests.join(''));
  for (const program of programs) {
    writeFileSync(
      join(project, `${program.name}.vitest.mjs`),
      `import { expect, test } from 'vitest';\n${esmHead(program)}${main(program)}${testOf(program)}`,
    );
  }
}

/**
 * The programs over memory alone, where the SDK does not load: as tests of Jest and of vitest under
 * jsdom, and of Jest with its fake timers, old and new.
 */
export function writeMemoryTests(project: string, jsdomEnvironment: string): void {
  const inMemory = programs.filter(({ inMemory: runs = true }) => runs);
  const tests = inMemory.map(
    (program) => `{\n${cjsHead(program, '')}${memoryMain(program)}${testOf(program)}}\n`,
  );
  const jest = {
    jsdom: `/** @jest-environment ${jsdomEnvironment} */\n`,
    'fake-timers':
      "jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });\n",
    'legacy-timers': 'jest.useFakeTimers({ legacyFakeTimers: true });\n',
  };
  for (const [name, head] of Object.entries(jest)) {
    writeFileSync(join(project, `${name}.jest.cjs`), `${head}${tests.join('')}`);
  }
  for (const program of inMemory) {
    writeFileSync(
      join(project, `${program.name}-jsdom.vitest.mjs`),
      `// @vitest-environment jsdom
import { expect, test } from 'vitest';
${esmHead(program, '')}${memoryMain(program)}${testOf(program)}`,
    );
  }
}

/** Writes all programs as one Worker, over the light client. Returns its path. */
export function writeWorker(project: string, endpoint: string): string {
  const inWorkers = programs.filter(({ inWorkers: runs = true }) => runs);
  for (const program of inWorkers) {
    writeFileSync(join(project, `${program.name}.worker.mjs`), workerOf(program, endpoint));
  }
  const imports = inWorkers.map(
    ({ name }, index) => `import { main as main${index} } from './${name}.worker.mjs';\n`,
  );
  const runs = inWorkers.map(
    ({ name }, index) => `console.log('${name} ' + JSON.stringify(await main${index}()));\n`,
  );
  const worker = join(project, 'all.worker.mjs');
  const test = `export default { async test() {\n${runs.join('')}} };\n`;
  writeFileSync(worker, `${imports.join('')}${test}`);
  return worker;
}

function workerOf(program: Program, endpoint: string): string {
  const imports = importsOf(program).map(
    ([names, entry]) => `import { ${names} } from '${entry}';\n`,
  );
  return `import { createTable } from '@x/dynamo-core';
import { LightClient as Client, fetchHttp } from '@x/dynamo-light-client';
${imports.join('')}
export async function main() {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const http = fetchHttp();
  const connection = { region: 'local', endpoint: '${endpoint}', credentials, http };
  const dynamo = new Client(connection);
  const tableName = 'rows-${program.name}';
  await createTable(dynamo, table, tableName);
  return run({ dynamo, tableName }, connection);
}

async function run(options, connection) {
  ${program.body}
}
`;
}

function testOf({ name, prints }: Program): string {
  return `
test('${name} runs', async () => {
  expect(JSON.stringify(await main())).toBe(${JSON.stringify(prints)});
});
`;
}

const sdkOf = {
  mjs: "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\n",
  cjs: "const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');\n",
};

function esmHead(program: Program, sdk = sdkOf.mjs): string {
  return `${sdk}import { createTable } from '@x/dynamo-core';
import { MemoryDynamo, serve } from '@x/dynamo-testing';
${importsOf(program)
  .map(([names, entry]) => `import { ${names} } from '${entry}';\n`)
  .join('')}`;
}

function cjsHead(program: Program, sdk = sdkOf.cjs): string {
  return `${sdk}const { createTable } = require('@x/dynamo-core');
const { MemoryDynamo, serve } = require('@x/dynamo-testing');
${importsOf(program)
  .map(([names, entry]) => `const { ${names.replaceAll(' as ', ': ')} } = require('${entry}');\n`)
  .join('')}`;
}

function importsOf(program: Program): (readonly [imports: string, entry: string])[] {
  const { name, imports, entry = `@x/dynamo-${name}`, also } = program;
  return also === undefined ? [[imports, entry]] : [[imports, entry], also];
}

/** Over the SDK's client and a socket, as an application has it. */
function main({ body }: Program): string {
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

function memoryMain({ body }: Program): string {
  return `
async function main() {
  const dynamo = new MemoryDynamo();
  const options = { dynamo, tableName: dynamo.createTable(table, 'rows') };
  ${body}
}
`;
}
