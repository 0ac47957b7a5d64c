import type { EngineCommand } from './engine-command.js';

/**
 * The program that stands between this process and an engine: it starts the engine and ends it as soon as its own standard input is closed. The system closes that
 * pipe however this process ends, also by SIGKILL, so that no engine is ever left behind.
 *
 * It is text, because a bundler would not carry a file along; the command stands in it, because the
 * runtimes pass arguments in different ways.
 */
export function watchdogProgram({ file, args }: EngineCommand, port: number): string {
  return `
const { spawn } = require('node:child_process');
const engine = spawn(${JSON.stringify(file)}, ${JSON.stringify(args(port))}, { stdio: ['ignore', process.stderr, process.stderr] });
engine.on('error', (error) => { console.error(error.message); process.exit(127); });
engine.on('exit', (code) => process.exit(code ?? 1));
// The terminal tells all the processes at once; the order of the end is this program's business.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => engine.kill('SIGKILL'));
process.stdin.on('close', () => engine.kill('SIGKILL'));
process.stdin.resume();
`;
}
