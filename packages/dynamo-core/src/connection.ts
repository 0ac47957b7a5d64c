import { afterIdleness } from './after-idleness.js';
import {
  type DynamoClock,
  type Clock,
  correctedBy,
  systemClock,
  uncorrected,
  instantOf,
  type Instant,
  systemRandom,
  type Random,
  deadline,
  ServerBounds,
} from './clock.js';
import { guarded } from './guarded-monitoring.js';
import { checkPositive, type OptionNames } from './input-checks.js';
import { monitored, type Monitoring, type Logger } from './monitoring.js';
import { resolveTableName } from './table-name.js';
import {
  type DynamoTransport,
  type DynamoOperation,
  type DynamoInput,
  type DynamoOutput,
  type RequestOptions,
  type SdkClient,
  errorName,
  type AnswerMetadata,
} from './transport.js';
import { InvalidInputError } from './errors.js';
import { pause } from './backoff.js';
import { cancellationReasons } from './cancellation-reasons.js';

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
  serverClock: true,
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
  const monitoring = guarded(options.monitoring);
  const sending = afterIdleness(toTransport(dynamo));
  const { transport, clock } = timedByServer(sending, options, monitoring.logger);
  const answering = bounded(checkedAnswers(transport), clock, requestMsMax);
  const reporting = monitored(answering, monitoring, clock);
  return {
    transport: repeatConflicts(reporting, { clock, random }),
    tableName: resolveTableName(tableName, logicalTableName),
    clock,
    random,
    monitoring,
  };
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
  if (dynamo === undefined) return lazyTransport(undefined);
  if (hasMethod(dynamo, 'call')) return dynamo as DynamoTransport;
  if (hasMethod(dynamo, 'send')) return lazyTransport(dynamo as SdkClient);
  throw new InvalidInputError(
    'dynamo',
    dynamo,
    'a DynamoDBClient, a DynamoDBDocumentClient or a transport with a `call` method',
  );
}

/**
 * A transport whose answers are objects without nulls: one that speaks JSON may answer `null` for
 * what is absent, and a mock that was given no answer resolves to nothing. No log shows the rows that
 * its errors hold.
 */
function checkedAnswers(transport: DynamoTransport): DynamoTransport {
  return {
    usesSockets: transport.usesSockets,
    async call<O extends DynamoOperation>(
      operation: O,
      input: DynamoInput<O>,
      options?: RequestOptions<O>,
    ): Promise<DynamoOutput<O>> {
      const output = await answerOf(() => transport.call(operation, input, options));
      if (typeof output !== 'object' || output === null) throw nothingAnswered(operation, output);
      if (!Object.values(output).includes(null)) return output as DynamoOutput<O>;
      const fields = Object.entries(output).filter(([, field]) => field !== null);
      return Object.fromEntries(fields) as DynamoOutput<O>;
    },
  };
}

/** The rows that an error holds stay where the SDK has them, to be read and not to be logged. */
async function answerOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    for (const name of ['Item', 'CancellationReasons']) {
      const field = Object.getOwnPropertyDescriptor(Object(error), name);
      if (field?.configurable === true) Object.defineProperty(error, name, { enumerable: false });
    }
    throw error;
  }
}

function nothingAnswered(operation: DynamoOperation, output: unknown): Error {
  return new InvalidInputError(
    'dynamo',
    output,
    `a client that answers ${operation} with an object; the client answered nothing: is it a mock?`,
    { isData: true },
  );
}

/** What sends through the SDK is loaded with it, on the first call. */
function lazyTransport(client: SdkClient | undefined): DynamoTransport {
  let loaded: DynamoTransport | undefined;
  return {
    usesSockets: true,
    async call(operation, input, options) {
      options?.signal?.throwIfAborted();
      if (loaded === undefined) {
        const { sdkTransport } = await import('#sdk');
        // Two first calls may both get here: the first one to finish provides the client of both.
        loaded ??= sdkTransport(client);
      }
      return loaded.call(operation, input, options);
    },
  };
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  );
}

/**
 * A transport whose requests all end: at the moment when their signal aborts, and after `ms`
 * milliseconds in any case. An endpoint may accept a connection and never answer. What answers
 * within the process (`usesSockets: false`) is left as it is.
 */
export function bounded(transport: DynamoTransport, clock: Clock, ms: number): DynamoTransport {
  if (transport.usesSockets === false) return transport;
  return {
    usesSockets: transport.usesSockets,
    call: (operation, input, options) =>
      deadline({ clock, ms, signal: options?.signal }, (signal) =>
        transport.call(operation, input, { signal, rebuild: options?.rebuild }),
      ),
  };
}

const repeatsMax = 8;

const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * A transport that repeats, with full jitter, what only met a transaction under way: a single write
 * that DynamoDB refused for it, a transaction that it cancelled for another one or for a busy table,
 * or one whose first delivery is still under way. Nothing was applied then, and the SDK repeats none of these. After eight repeats, the SDK's
 * error passes through.
 *
 * Source: "Amazon DynamoDB Transactions: How it works", on transaction conflicts, in the Amazon
 * DynamoDB Developer Guide.
 */
export function repeatConflicts(
  transport: DynamoTransport,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DynamoTransport {
  return {
    async call(operation, input, options) {
      for (let repeats = 0; ; repeats++) {
        try {
          return await transport.call(operation, input, options);
        } catch (error) {
          if (repeats >= repeatsMax || !isPassing(error)) throw error;
        }
        await pause(repeats, backoff, { clock, random, signal: options?.signal });
      }
    },
  };
}

/** What passes by itself: another transaction under way, or a table that is too busy. */
const passingErrors = ['TransactionConflictException', 'TransactionInProgressException'];

const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

function isPassing(error: unknown): boolean {
  if (passingErrors.includes(errorName(error) ?? '')) return true;
  const reasons = cancellationReasons(error)?.filter(({ code }) => code !== 'None') ?? [];
  return reasons.length > 0 && reasons.every(({ code }) => passing.includes(code));
}

/** Where a primitive gets its time from. */
export interface ClockOptions {
  /** @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /**
   * Whether the time that DynamoDB's answers carry corrects the clock. `true` does it for every
   * server, and for a `clock` that is given, too; `false` never does. A clock that is not corrected
   * is used as it is, in whole milliseconds.
   *
   * @default for answers of AWS's own hosts, unless `clock` is given
   */
  readonly serverClock?: boolean | undefined;
}

/** A transport, and the clock that its answers correct. */
interface TimedTransport {
  readonly transport: DynamoTransport;
  readonly clock: DynamoClock;
}

/**
 * The clock of a connection, and the transport that it learns from. It is the machine's while that
 * agrees with DynamoDB's answers, and else the earliest time that they allow: `logger` is then
 * warned, once. Nothing is sent for it.
 */
function timedByServer(
  transport: DynamoTransport,
  { clock: given, serverClock }: ClockOptions,
  logger?: Logger,
): TimedTransport {
  const machine = given ?? systemClock;
  const isOff = serverClock === undefined ? given !== undefined : !serverClock;
  if (isOff) return { transport, clock: uncorrected(machine) };

  const bounds = machine.serverBounds ?? new ServerBounds();
  // Until the first answer, what others have learned on this machine is better than nothing.
  let isTrusted = true;
  const clock = correctedBy(machine, () => (isTrusted ? bounds.of(machine) : undefined));

  const learn = (metadata: AnswerMetadata | undefined, start: Instant): void => {
    const { serverTimeMs, serverHost, attemptDelayMs } = metadata ?? {};
    if (serverTimeMs === undefined) return;
    isTrusted = serverClock === true || isAwsHost(serverHost);
    if (!isTrusted) return;
    bounds.learn(machine, serverTimeMs, start, attemptDelayMs);
    const { earliest, latest } = clock.offsetMs();
    if (logger === undefined || bounds.isReported || latest === 0) return;
    bounds.isReported = true;
    logger.warn(differenceOf((earliest + latest) / 2));
  };

  return { clock, transport: learning(transport, machine, learn) };
}

type Learn = (metadata: AnswerMetadata | undefined, start: Instant) => void;

function learning(transport: DynamoTransport, machine: Clock, learn: Learn): DynamoTransport {
  return {
    usesSockets: transport.usesSockets,
    async call(operation, input, options) {
      const start = instantOf(machine);
      const rebuild = options?.rebuild;
      const rebuilding = rebuild && {
        ...options,
        rebuild: (refusal?: AnswerMetadata) => {
          learn(refusal, start);
          return rebuild(refusal);
        },
      };
      try {
        const output = await transport.call(operation, input, rebuilding ?? options);
        learn(metadataOf(output), start);
        return output;
      } catch (error) {
        learn(metadataOf(error), start);
        throw error;
      }
    },
  };
}

function metadataOf(answer: unknown): AnswerMetadata | undefined {
  return (answer as { readonly $metadata?: AnswerMetadata } | null | undefined)?.$metadata;
}

/** DynamoDB's own hosts: with an account's id, private, for two protocols, in each partition. */
const awsHost =
  /(?:^|\.)(?:dynamodb|ddb)(?:-fips)?\.[\w.-]+\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)|(?:c2s\.ic|sc2s\.sgov|csp\.hci\.ic)\.gov|cloud\.adc-e\.uk|api\.(?:aws\.(?:ic\.gov|scloud|hci\.ic\.gov)|cloud-aws\.adc-e\.uk))$/;

/** Whether a host is DynamoDB itself, and no emulator. */
export function isAwsHost(host: string | undefined): boolean {
  return host !== undefined && awsHost.test(host);
}

function differenceOf(offsetMs: number): string {
  const seconds = Math.abs(offsetMs / 1_000).toFixed(1);
  const way = offsetMs > 0 ? 'behind' : 'ahead of';
  return `The clock of this machine is about ${seconds} s ${way} DynamoDB's, whose time is used instead`;
}
