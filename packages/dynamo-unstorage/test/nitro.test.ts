import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { listen } from '@x/conformance';
import { createTable, keysTable } from '@x/dynamo-core';
import { build, createNitro, prepare } from 'nitropack';
import { createStorage } from 'unstorage';
import { expect, inject, onTestFinished, test, vi } from 'vitest';

import { dynamoDriver } from '../src/index.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test('a cached handler of Nitro keeps its answers in the table', { timeout: 60_000 }, async () => {
  const [engine] = inject('engines');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', engine?.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nitro');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nitro');
  onTestFinished(() => void vi.unstubAllEnvs());
  const dynamo = new DynamoDBClient();
  onTestFinished(() => dynamo.destroy());
  const tableName = `nitro-${Date.now()}`;
  await createTable(dynamo, keysTable, tableName);

  const { url, close } = await listen(await builtApp(tableName));
  onTestFinished(close);
  const calls = async (): Promise<unknown> => (await fetch(url)).json();
  expect([await calls(), await calls()]).toEqual([{ calls: 1 }, { calls: 1 }]);
  const storage = createStorage({ driver: dynamoDriver({ dynamo, tableName }) });
  expect(await storage.getKeys()).toEqual([expect.stringMatching(/^nitro:handlers:count:.*json$/)]);
  await storage.clear();
  expect([await calls(), await calls()]).toEqual([{ calls: 2 }, { calls: 2 }]);
});

/** The request listener of the app beside this test, built by Nitro as its users build theirs. */
async function builtApp(tableName: string): Promise<RequestListener> {
  const folder = await mkdtemp(join(tmpdir(), 'dynamo-unstorage-nitro-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const nitro = await createNitro({
    rootDir: here('./nitro-app'),
    preset: 'node-listener',
    compatibilityDate: '2026-01-01',
    logLevel: 0,
    buildDir: join(folder, 'build'),
    output: { dir: folder },
    typescript: { generateTsConfig: false },
    exportConditions: ['@x/source'],
    storage: { cache: { driver: here('../src/index.ts'), tableName } },
  });
  await prepare(nitro);
  await build(nitro);
  await nitro.close();
  const built = pathToFileURL(join(folder, 'server/index.mjs')).href;
  return ((await import(/* @vite-ignore */ built)) as { listener: RequestListener }).listener;
}
