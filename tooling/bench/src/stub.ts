import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { startMs, type Recorded } from './recording.js';

/** A server in a process of its own, so that what is measured in this one is the client alone. */
export interface Stub extends AsyncDisposable {
  readonly endpoint: string;
  /** Answers each table's requests with these, in turn, from now on. */
  answer(requests: readonly Recorded[]): Promise<void>;
}

/** Starts the stub server and resolves when it listens. */
export async function startStub(): Promise<Stub> {
  const server = fileURLToPath(new URL('./stub-server.mjs', import.meta.url));
  const child = fork(server, [new Date(startMs).toUTCString()], { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async answer(requests) {
      const taken = once(child, 'message');
      child.send(requests.map(answerOf));
      await taken;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function answerOf({ answer }: Recorded): { readonly status: number; readonly body: string } {
  if ('output' in answer) return { status: 200, body: JSON.stringify(answer.output) };
  const { name, message, Item } = answer.error as Error & { readonly Item?: object };
  const type = `com.amazonaws.dynamodb.v20120810#${name}`;
  return { status: 400, body: JSON.stringify({ __type: type, message, Item }) };
}
