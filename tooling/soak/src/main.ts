// Many processes on a real engine under faults and kills: npm run soak -- --minutes 1
import { InvalidInputError } from '@x/dynamo-core';
import { startDynamo, type EngineName } from '@x/dynamo-testing';

import { parseArguments, type SoakArguments } from './arguments.js';
import { printSummary } from './report/summary.js';
import { soak } from './run/soak.js';

const roundMs = 5_000;
const killEveryMs = 3_000;
const violationsShown = 20;

// The SDK's advice on versions of Node.js is for applications.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
const interrupted = new AbortController();
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(name, () => {
    process.exitCode = code;
    interrupted.abort(new Error(`Interrupted by ${name}`));
  });
}

try {
  const failures = await main(parseArguments(process.argv.slice(2)));
  process.exitCode = failures > 0 ? 1 : 0;
} catch (error) {
  if (interrupted.signal.aborted) console.error('Interrupted: nothing was judged to the end');
  else if (error instanceof InvalidInputError) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}

/** Runs the soak, prints what it came to, and returns how many violations there were. */
async function main(wanted: SoakArguments): Promise<number> {
  const { minutes, engine: named, ...rest } = wanted;
  await using dynamo = await startDynamo({ engine: named as EngineName | undefined });
  const { endpoint, engine } = dynamo;
  console.log(`soak: ${minutes} min on ${engine}, seed ${wanted.seed}`);
  const options = { ...rest, endpoint, engine, durationMs: minutes * 60_000, roundMs, killEveryMs };
  const result = await soak({
    ...options,
    signal: interrupted.signal,
    onProgress: (line) => console.log(line),
  });
  const { violations } = result;
  printSummary(result, options);
  for (const violation of violations.slice(0, violationsShown)) console.log(`\n✗ ${violation}`);
  if (violations.length > violationsShown) {
    console.log(`\n… and ${violations.length - violationsShown} more`);
  }
  return violations.length;
}
