/**
 * The program that stands between this process and an engine: it starts the engine that its
 * arguments name and ends it as soon as its own standard input is closed. The system closes that
 * pipe however this process ends, also by SIGKILL, so that no engine is ever left behind.
 *
 * It is text, because a bundler would not carry a file along.
 */
export const watchdogProgram = `
const { spawn } = require('node:child_process');
const [file, ...args] = process.argv.slice(1);
const engine = spawn(file, args, { stdio: ['ignore', process.stderr, process.stderr] });
engine.on('error', (error) => { console.error(error.message); process.exit(127); });
engine.on('exit', (code) => process.exit(code ?? 1));
// The terminal tells all the processes at once; the order of the end is this program's business.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => engine.kill('SIGKILL'));
process.stdin.on('close', () => engine.kill('SIGKILL'));
process.stdin.resume();
`;
