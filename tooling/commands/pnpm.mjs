// The pinned pnpm, for the scripts in package.json: node tooling/commands/pnpm.mjs <arguments>
import { pnpm } from './lib/pnpm.mjs';

process.exitCode = await pnpm(process.argv.slice(2));
