// A process that runs samples, one after the other, and tells its parent how each of them went. The
// environment (endpoint, region, credentials, PARADOX_ENV) comes from the parent.
import { pathToFileURL } from 'node:url';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

import { placeholders } from './placeholders.js';
import type { RunRequest, RunReply } from './run.js';
import { recreateTables } from './tables.js';

const runMsMax = 30_000;
const client = new DynamoDBClient();
const quiet = (): void => {};

Object.assign(globalThis, placeholders);
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'table'] as const) {
  console[method] = quiet;
}

let current: (error: unknown) => void = quiet;
process.on('unhandledRejection', (error) => current(error));
process.on('uncaughtException', (error) => current(error));

process.on('message', ({ files }: RunRequest) => {
  runAll(files).then(
    () => process.disconnect(),
    () => process.exit(1),
  );
});

async function runAll(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const error = await recreateTables(client).then(
      () => runOne(file),
      (reason: unknown) => describe(reason),
    );
    process.send?.({ file, error } satisfies RunReply);
  }
}

/** Resolves to what went wrong: a rejection anywhere in the sample's time counts as its own. */
async function runOne(file: string): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const failure = new Promise<never>((_, reject) => {
    current = reject;
    const late = new Error(`Cannot finish within ${runMsMax} ms`);
    timer = setTimeout(() => reject(late), runMsMax);
  });
  const settled = async (): Promise<void> => {
    await import(pathToFileURL(file).href);
    // Lets a promise that the sample did not wait for reject within the sample's own time.
    await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await Promise.race([settled(), failure]);
    return undefined;
  } catch (error) {
    return describe(error);
  } finally {
    clearTimeout(timer);
    current = quiet;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
