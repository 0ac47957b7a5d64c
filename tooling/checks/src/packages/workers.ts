import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { MemoryDynamo, serve } from '@x/dynamo-testing';
import * as esbuild from 'esbuild';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';
import { printed, programs, type Program } from './programs.js';
import { writeWorker } from './write-programs.js';

/** From when on Workers have all of Node.js that the packages import. The README says so. */
const workersSince = '2025-09-15';

/** Where it is installed: on Linux on x64. */
const workerd = fileURLToPath(
  new URL('../../node_modules/@cloudflare/workerd-linux-64/bin/workerd', import.meta.url),
);

/** Runs the programs as a Worker, over the light client and `fetch`, without the SDK in the bundle. */
export async function checkWorkers(folder: string, project: string): Promise<CheckResult[]> {
  const named = {
    name: 'the README says from when on Workers run the packages',
    problems: saysWhen(folder) ? [] : [`packages/dynamo-core/README.md lacks ${workersSince}`],
  };
  if (!existsSync(workerd)) return [named];
  const inWorkers = programs.filter(({ inWorkers: runs = true }) => runs);
  const result = await runWorker(project, inWorkers);
  return [named, ...printed(result, (name) => `${name} runs as a Worker`, inWorkers)];
}

function saysWhen(folder: string): boolean {
  const readme = join(folder, 'packages/dynamo-core/README.md');
  return readFileSync(readme, 'utf8').includes(`\`nodejs_compat\` from ${workersSince}`);
}

async function runWorker(project: string, ran: readonly Program[]): ReturnType<typeof runCommand> {
  const served = await serve(new MemoryDynamo());
  try {
    await esbuild.build({
      entryPoints: [writeWorker(project, served.endpoint, ran)],
      outfile: join(project, 'bundled.worker.mjs'),
      bundle: true,
      format: 'esm',
      mainFields: ['module', 'main'],
      conditions: ['module', 'x-no-sdk'],
      external: ['node:*', '@aws-sdk/*'],
      logLevel: 'silent',
    });
    writeFileSync(join(project, 'workers.capnp'), config);
    return await runCommand(workerd, ['test', 'workers.capnp'], { cwd: project });
  } finally {
    await served.stop();
  }
}

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .programs),
    (name = "internet", network = (allow = ["private"])),
  ],
);
const programs :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "bundled.worker.mjs")],
  compatibilityDate = "${workersSince}",
  compatibilityFlags = ["nodejs_compat"],
);
`;
