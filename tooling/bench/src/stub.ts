import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own that answers every request at once. */
export interface Stub extends AsyncDisposable {
  readonly endpoint: string;
}

/** Starts the stub server and resolves when it listens. */
export async function startStub(): Promise<Stub> {
  const file = fileURLToPath(new URL('./stub-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    endpoint: `http://127.0.0.1:${port.toString().trim()}`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
