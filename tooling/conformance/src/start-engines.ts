import { availableEngines, startDynamo, type EngineName } from '@x/dynamo-testing';
import type { TestProject } from 'vitest/node';

import type { EngineAddress } from './engine-address.js';

const bundled: readonly EngineName[] = ['dynoxide', 'dynamodb-local'];

/**
 * Vitest's global set-up: starts the engines once for all the test files, tells the tests where
 * they are, and ends them afterwards.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const names = await engineNames();
  const running = await Promise.all(names.map((engine) => startDynamo({ engine })));
  const engines: EngineAddress[] = running.map(({ engine, endpoint }) => ({
    name: engine,
    endpoint,
  }));
  project.provide('engines', engines);
  console.log(
    `engines: ${engines.map(({ name, endpoint }) => `${name} (${endpoint})`).join(', ')}`,
  );
  return async () => {
    await Promise.all(running.map((dynamo) => dynamo.stop()));
  };
}

async function engineNames(): Promise<readonly EngineName[]> {
  const available: readonly EngineName[] = (await availableEngines()).filter(
    (name) => name !== 'memory',
  );
  if (available.includes('endpoint')) return ['endpoint'];
  const missing = bundled.filter((name) => !available.includes(name));
  const all = process.env['CI'] === 'true' || process.env['CI'] === '1';
  if (missing.length > 0 && (all || missing.length === bundled.length)) {
    // It throws, and says what to install.
    for (const engine of missing) await (await startDynamo({ engine })).stop();
  }
  if (missing.length > 0) console.log(`engines that are not installed here: ${missing.join(', ')}`);
  else if (!all) console.log('at a laptop, one engine; all of them with CI=true');
  return all ? available : available.slice(0, 1);
}
