import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the process that runs samples is asked for. */
export interface RunRequest {
  readonly files: readonly string[];
}

/** What it says about one of them. */
export interface RunReply {
  readonly file: string;
  readonly error: string | undefined;
}

/** No word for this long, and the process is given up: a sample may block it for ever. */
const silenceMsMax = 60_000;

/**
 * Runs modules in one process against an endpoint and resolves to what each threw, by its file
 * (`undefined` when it went well). A file without an answer was not reached.
 */
export function runModules(
  files: readonly string[],
  folder: string,
  endpoint: string,
): Promise<Map<string, string | undefined>> {
  const child = fork(fileURLToPath(new URL('runner.ts', import.meta.url)), {
    env: {
      ...process.env,
      ...sampleEnvironment(endpoint),
      TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
    },
  });
  const replies = new Map<string, string | undefined>();
  const giveUp = setTimeout(() => child.kill('SIGKILL'), silenceMsMax);
  child.on('message', ({ file, error }: RunReply) => {
    replies.set(file, error);
    giveUp.refresh();
    if (replies.size === files.length) child.kill();
  });
  child.send({ files } satisfies RunRequest);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(giveUp);
      resolve(replies);
    });
  });
}

/** What a reader has set up: a DynamoDB to talk to, and the environment in the tables' names. */
function sampleEnvironment(endpoint: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'samples',
    AWS_SECRET_ACCESS_KEY: 'samples',
    PARADOX_ENV: 'local',
  };
}
