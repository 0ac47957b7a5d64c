import { listen } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import express, { type Express } from 'express';
import * as expressRateLimit from 'express-rate-limit';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

import { expressStore, type ExpressStoreOptions } from '../src/express.js';

/** The application of the quick start, as it is copied from the README. */
function quickStart(dynamo: MemoryDynamo): Express {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const sample = /```ts\n([^]*?)```/.exec(readme)?.[1] ?? '';
  const compilerOptions = { module: ts.ModuleKind.CommonJS, esModuleInterop: true };
  const { outputText } = ts.transpileModule(sample, { compilerOptions });
  const store = (options: ExpressStoreOptions) => expressStore({ ...options, dynamo });
  const modules: Readonly<Record<string, object>> = {
    '@x/dynamo-rate-limit/express': { expressStore: store },
    express,
    'express-rate-limit': expressRateLimit,
  };
  // oxlint-disable-next-line typescript/no-implied-eval
  const run = new Function('require', 'exports', `${outputText}; return app;`) as (
    load: (name: string) => object | undefined,
    exports: object,
  ) => Express;
  return run((name) => modules[name], {});
}

test('the login of the README answers 429 with its headers, by user and by address', async () => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, 'my-partitioned-keys');
  const { url, close } = await listen(quickStart(dynamo));
  const login = (user: string): Promise<Response> =>
    fetch(`${url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user }),
    });
  try {
    const statuses: number[] = [];
    for (let index = 0; index < 5; index++) statuses.push((await login('ann')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await login('ann');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit')).toMatch(
      /^"100-in-15min"; r=94; t=\d+, "5-in-15min"; r=0; t=\d+$/,
    );
    expect(refused.headers.get('ratelimit-policy')).toMatch(/q=100; w=900.*q=5; w=900/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(880);
    expect((await login('bob')).status).toBe(200);
    await Promise.all(Array.from({ length: 93 }, (_, index) => login(`user-${index}`)));
    expect((await login('eve')).status).toBe(429);
  } finally {
    await close();
  }
});
