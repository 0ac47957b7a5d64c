import { systemRandom, type DynamoClock, type Random, systemClock } from './clock.js';
import { InvalidInputError } from './errors.js';
import { guarded, monitored, type Monitoring } from './monitoring.js';
import { checkMethods, checkPositive, hasMethods, type OptionNames } from './input-checks.js';
import {
  lazyTransport,
  bounded,
  repeatConflicts,
  timedByServer,
  type ClockOptions,
} from './send.js';
import { resolveTableName } from './table-name.js';
import type { DynamoTransport, SdkClient } from './transport.js';

/** What every primitive is constructed with. */
export interface ConnectionOptions extends ClockOptions {
  /**
   * The user's own client, used as it is: a `DynamoDBClient`, a `DynamoDBDocumentClient`, or
   * another transport.
   *
   * @default a `DynamoDBClient` with the SDK's default configuration, made on the first request
   */
  readonly dynamo?: Dynamo | undefined;
  /**
   * The name of the table. When `PARADOX_ENV` is set, the name must carry that environment.
   *
   * @default `dynamoTableName` of the package's logical table name
   */
  readonly tableName?: string | undefined;
  /** Where requests are reported. @default nowhere */
  readonly monitoring?: Monitoring | undefined;
  /** @default the platform's generators */
  readonly random?: Random | undefined;
  /**
   * The longest that one request may take, with the SDK's repeats of it, in milliseconds. It then
   * fails with a `TimeoutError`, and may have been applied.
   *
   * @default 30,000
   */
  readonly requestMsMax?: number | undefined;
}

/** The names of `ConnectionOptions`. */
export const connectionOptionNames: OptionNames<ConnectionOptions> = {
  dynamo: true,
  tableName: true,
  monitoring: true,
  clock: true,
  serverClock: 'boolean',
  random: true,
  requestMsMax: true,
};

/** A table with what it takes to talk to it. */
export interface Connection {
  /**
   * Reports its requests, and repeats what only conflicted with a transaction. Each request ends at
   * the moment when its signal aborts, and within `requestMsMax` in any case.
   */
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly clock: DynamoClock;
  readonly random: Random;
  /**
   * Where a primitive tells what is not a request: a heartbeat that failed, for example. It throws
   * nothing.
   */
  readonly monitoring: Monitoring;
}

/** Checks the options and puts them together. Sends nothing. */
export function connect(options: ConnectionOptions, logicalTableName: string): Connection {
  const { dynamo, tableName, random = systemRandom, requestMsMax = 30_000 } = options;
  checkPositive('requestMsMax', requestMsMax);
  checkMethods('random', random, 'unit', 'id');
  const monitoring = guarded(options.monitoring);
  const sending = afterIdleness(toTransport(dynamo));
  const { transport, clock } = timedByServer(sending, options, monitoring.logger);
  const answering = bounded(transport, clock, requestMsMax);
  const reporting = monitored(answering, monitoring, clock);
  return {
    transport: repeatConflicts(reporting, { clock, random }),
    tableName: resolveTableName(tableName, logicalTableName),
    clock,
    random,
    monitoring,
  };
}

/**
 * The same options, with the clock that DynamoDB's answers correct: for those who tell times beside
 * a primitive that they make with them.
 */
export function withServerClock<O extends ConnectionOptions>(
  options: O,
): O & { readonly clock: DynamoClock } {
  const { logger } = guarded(options.monitoring);
  const { transport, clock } = timedByServer(toTransport(options.dynamo), options, logger);
  return { ...options, dynamo: transport, clock, serverClock: false };
}

/** What every constructor takes as `dynamo`. */
export type Dynamo = SdkClient | DynamoTransport;

/**
 * Makes a transport of what the user passed.
 *
 * A client of the SDK is used as it is, through its own `send`, so that its middleware, tracing and
 * mocks keep working; it is never changed. Without one, a `DynamoDBClient` with the SDK's default
 * configuration is made on the first call. The SDK is loaded on the first call, so that a user of
 * another transport does not pay for it. Throws an `InvalidInputError` for anything else.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { dynamoTableName, S } from '@x/dynamo-core';
 * import { toTransport } from '@x/dynamo-core/mechanism';
 *
 * const transport = toTransport(new DynamoDBClient());
 * const { Item } = await transport.call('GetItem', {
 *   TableName: dynamoTableName('keys'),
 *   Key: { key: S('a') },
 * });
 * ```
 */
export function toTransport(dynamo?: Dynamo): DynamoTransport {
  if (dynamo === undefined) return throughSdk(undefined);
  if (hasMethods(dynamo, 'call')) return dynamo as DynamoTransport;
  if (hasMethods(dynamo, 'send')) return throughSdk(dynamo as SdkClient);
  throw new InvalidInputError(
    'dynamo',
    dynamo,
    'a DynamoDBClient, a DynamoDBDocumentClient or a transport with call()',
  );
}

/** What sends through the SDK is loaded with it, on the first call. */
function throughSdk(client: SdkClient | undefined): DynamoTransport {
  return lazyTransport({ usesSockets: true }, async () => {
    const { sdkTransport } = await import('#sdk');
    return sdkTransport(client);
  });
}

/** How long after its last request a transport's sockets are looked at, in milliseconds. */
const idleMs = 200;

// Captured when the module loads: fake timers never fire it. Those that were installed before show
// by their `clock`. Absent in a browser.
const atNextTurn = /* @__PURE__ */ realSetImmediate();

/**
 * A transport that lets the event loop turn twice before its first request after some idleness.
 * Node then reads which sockets the server has closed meanwhile (a process that was frozen or blocked
 * does not know), and no request is sent on them. Costs a busy process nothing.
 */
export function afterIdleness(transport: DynamoTransport): DynamoTransport {
  if (transport.usesSockets !== true || atNextTurn === undefined) return transport;
  let lastMs = systemClock.monotonic();
  let turning: Promise<void> | undefined;
  return {
    usesSockets: true,
    call(operation, input, options) {
      const nowMs = systemClock.monotonic();
      if (nowMs - lastMs > idleMs) {
        turning ??= new Promise<void>(afterReads).finally(() => (turning = undefined));
      }
      lastMs = nowMs;
      const send = () => transport.call(operation, input, options);
      return turning === undefined ? send() : turning.then(send);
    },
  };
}

/**
 * Calls back when what has already arrived is read: two turns of the event loop later.
 *
 * @example
 * ```ts
 * import { afterReads } from '@x/dynamo-core/mechanism';
 *
 * afterReads(() => console.log('what the sockets held is read'));
 * ```
 */
export function afterReads(then: () => void): void {
  const turn: (next: () => void) => unknown = atNextTurn ?? setTimeout;
  turn(() => turn(then));
}

function realSetImmediate(): ((turn: () => void) => unknown) | undefined {
  const { setImmediate: given } = globalThis as Partial<typeof globalThis>;
  return given === undefined || 'clock' in given ? undefined : given;
}
