import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { availableEngines, engineClient, startDynamo, type EngineName } from '@x/dynamo-testing';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
});

const bundled = (await availableEngines()).filter((name) => name !== 'endpoint');

describe.each(bundled)('startDynamo() with %s', (engine) => {
  test('serves until it is stopped, on the loopback interface alone', async () => {
    const dynamo = await startDynamo({ engine });
    onTestFinished(() => dynamo.stop());
    expect(dynamo.engine).toBe(engine);
    const { TableNames } = await dynamo.client().send(new ListTablesCommand());
    expect(TableNames).toEqual([]);
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    const { port } = new URL(dynamo.endpoint);
    // On Linux a server on all addresses answers on the first of these, too.
    for (const address of ['127.0.0.2', ...others.map(({ address: other }) => other)]) {
      expect(await isListening(`http://${address}:${port}`)).toBe(false);
    }

    await dynamo.stop();
    await dynamo.stop();
    expect(await isListening(dynamo.endpoint)).toBe(false);
  });

  test('ends with a process that is killed by SIGKILL', async () => {
    const { child, endpoint } = await runFixture(engine, 'stay');
    expect(await isListening(endpoint)).toBe(true);

    child.kill('SIGKILL');
    await vi.waitUntil(async () => !(await isListening(endpoint)), { timeout: 10_000 });
    expect(await isListening(endpoint)).toBe(false);
  });

  test('does not keep a process that forgot to stop it', async () => {
    const { child, endpoint } = await runFixture(engine, 'end');
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    await vi.waitUntil(async () => !(await isListening(endpoint)), { timeout: 10_000 });
    expect(await isListening(endpoint)).toBe(false);
  });

  test.skipIf(engine === 'memory')(
    'says what the engine printed when it does not come up in time',
    async () => {
      const starting = startDynamo({ engine, readyMsMax: 0 });
      await expect(starting).rejects.toThrow(`Cannot start ${engine}: no answer within 0 ms`);
    },
  );
});

describe('startDynamo()', () => {
  test('several at once do not meet', async () => {
    const all = await Promise.all([startDynamo(), startDynamo(), startDynamo()]);
    onTestFinished(async () => {
      await Promise.all(all.map((dynamo) => dynamo.stop()));
    });
    const endpoints = all.map((dynamo) => dynamo.endpoint);
    expect(new Set(endpoints).size).toBe(3);
  });

  test('prefers the endpoint of the environment, and leaves it running', async () => {
    const other = await startDynamo();
    onTestFinished(() => other.stop());
    vi.stubEnv('DYNAMODB_ENDPOINT', other.endpoint);

    const dynamo = await startDynamo();
    expect([dynamo.engine, dynamo.endpoint]).toEqual(['endpoint', other.endpoint]);
    expect(await availableEngines()).toContain('endpoint');
    await dynamo.stop();
    expect(await isListening(other.endpoint)).toBe(true);
  });

  test('says in one line what to provide when the engine is not there', async () => {
    vi.stubEnv('DYNAMODB_ENDPOINT', '');
    await expect(startDynamo({ engine: 'endpoint' })).rejects.toThrow(
      /^Cannot start a DynamoDB for tests: for endpoint, provide a URL in the variable DYNAMODB_ENDPOINT$/,
    );
  });

  test('refuses an unknown engine', async () => {
    const engine = 'dynalite' as EngineName;
    await expect(startDynamo({ engine })).rejects.toThrow(InvalidInputError);
  });

  test('stop() destroys the clients', async () => {
    const dynamo = await startDynamo();
    const client = dynamo.client();
    const destroyed = vi.spyOn(client.config.requestHandler, 'destroy');
    await dynamo.stop();
    expect(destroyed).toHaveBeenCalledOnce();
  });
});

test('engineClient() uses the credentials of the environment for AWS', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'mine');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const aws = engineClient('https://dynamodb.eu-west-1.amazonaws.com');
  expect(await aws.config.region()).toBe('eu-west-1');
  expect((await aws.config.credentials()).accessKeyId).toBe('mine');
  const local = engineClient('http://127.0.0.1:1');
  expect((await local.config.credentials()).accessKeyId).toBe('testing');
});

async function runFixture(
  engine: EngineName,
  then: 'stay' | 'end',
): Promise<{ child: ChildProcess; endpoint: string }> {
  const script = new URL('fixtures/start-and-stay.ts', import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@x/source', script, engine, then],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, endpoint: line.toString().trim() };
}

function isListening(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
