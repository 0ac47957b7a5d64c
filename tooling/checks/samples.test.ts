// Compiles and runs every sample of the docs: npm test -- samples
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EngineAddress } from '@x/conformance';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';

import { collectSamples } from './src/samples/collect.js';
import { generateModules, type SampleModule } from './src/samples/generate.js';
import { placeholders } from './src/samples/placeholders.js';
import { recreateTables } from './src/samples/tables.js';
import { typeCheck } from './src/samples/type-check.js';
import { readWorkspace } from './src/workspace.js';

const folder = fileURLToPath(new URL('.generated/samples', import.meta.url));
const workspace = readWorkspace();
const modules = generateModules(workspace, collectSamples(workspace), folder);
/** Beside the samples that run meanwhile. */
const wrong = typeCheck(modules, folder);

const [engine]: readonly EngineAddress[] = inject('engines');

/** What a reader has set up: a DynamoDB to talk to, and the environment in the tables' names. */
const environment = {
  AWS_ENDPOINT_URL_DYNAMODB: engine?.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'samples',
  AWS_SECRET_ACCESS_KEY: 'samples',
  PARADOX_ENV: 'local',
};
let client: DynamoDBClient;
const rejections: unknown[] = [];

beforeAll(() => {
  process.on('unhandledRejection', (reason) => rejections.push(reason));
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'table'] as const) {
    vi.spyOn(console, method).mockImplementation(() => {});
  }
  Object.assign(globalThis, placeholders);
  client = new DynamoDBClient();
});
afterAll(() => client.destroy());

const titled = modules.map((module) => {
  const { place, runs } = module.sample;
  return [`${place}${runs ? '' : ' (type-checked only)'}`, module] as const;
});

test.each(titled)('%s', async (_, module) => {
  expect(await problemsOf(module)).toEqual([]);
});

/** Runs a sample, and answers with what it left unhandled and what its types have wrong. */
async function problemsOf({ file, sample }: SampleModule): Promise<unknown[]> {
  if (sample.runs) {
    await recreateTables(client);
    await import(/* @vite-ignore */ file);
    // Lets a promise that the sample did not wait for reject within the sample's own time.
    await setImmediate();
  }
  return [...rejections.splice(0), ...((await wrong).get(file) ?? [])];
}
