import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';

import { Followers, type BoundedSignal } from './clock.js';
import { errorName } from './errors.js';
import { SdkMismatchError } from './primitive-errors.js';
import type {
  AnswerMetadata,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
  SdkClient,
} from './transport.js';

interface Command {
  readonly middlewareStack: { add(middleware: object, options: object): void };
}

/**
 * Sends through a client of the SDK, or through one that is made on the first call. The SDK is
 * loaded on the first call.
 */
export function sdkTransport(given: SdkClient | undefined): DynamoTransport {
  const client = given ?? new DynamoDBClient();

  async function call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    { signal, rebuild }: RequestOptions<O> = {},
  ): Promise<DynamoOutput<O>> {
    signal?.throwIfAborted();
    const Command = commands[operation];
    const seen: Call = { startedMs: performance.now(), stops: rebuild !== undefined };
    try {
      const command = timed(new Command(input as never) as Command, seen);
      // An options object bypasses the SDK's cache of resolved handlers.
      const sent = signal
        ? client.send(command, { abortSignal: keptByHand(signal) })
        : client.send(command);
      return (await sent) as DynamoOutput<O>;
    } catch (error) {
      // The SDK has an error of its own for an abort. The caller's reason says more.
      if (errorName(error) === 'AbortError') signal?.throwIfAborted();
      if (seen.hasAttempt !== true && errorName(error) === 'Error')
        throw (await mismatchOf(client)) ?? error;
      if (rebuild === undefined || seen.isStopped !== true) throw error;
      return call(operation, rebuild(seen.refusal), { signal });
    }
  }

  return { call };
}

/**
 * Keeps by hand who listens to a signal of ours until it aborts. The SDK adds and removes two listeners
 * with each request: on the platform's signals, that takes longer than all else that is ours in it.
 */
function keptByHand(signal: BoundedSignal): AbortSignal {
  if (signal.boundMs === undefined || Object.hasOwn(signal, 'addEventListener')) return signal;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const kept = new Followers();
  add('abort', kept, { once: true });
  const own: Pick<AbortSignal, 'addEventListener' | 'removeEventListener'> = {
    addEventListener: (type, listener, options) => {
      const isKept = type === 'abort' && Object(options).signal === undefined;
      if (isKept && typeof listener === 'function') kept.add(listener);
      else add(type, listener, options);
    },
    removeEventListener: (type, listener, options) => {
      if (type === 'abort' && kept.delete(listener as (event: Event) => void)) return;
      remove(type, listener, options);
    },
  };
  // Not assigned: where the platform's prototypes are frozen, that throws.
  return Object.defineProperties(signal, Object.getOwnPropertyDescriptors(own));
}

/** One call, as its attempts see it. */
interface Call {
  readonly startedMs: number;
  /** Whether the SDK shall not repeat what was refused for its time. */
  readonly stops: boolean;
  /** What the last attempt learned, if it was refused for its time. */
  refusal?: AnswerMetadata;
  isStopped?: boolean;
  /** Whether the client has got as far as to send. */
  hasAttempt?: boolean;
}

interface AttemptArguments {
  readonly dynamoCall?: Call;
  readonly request?: { readonly hostname?: string };
}
interface Answer {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly output?: { readonly $metadata?: object };
}
type SendAttempt = (attempt: AttemptArguments) => Promise<Answer>;
interface Refusal {
  readonly name?: string;
  readonly $response?: Answer['response'];
  $metadata?: AnswerMetadata;
}

/**
 * Adds to a command what sees each of its attempts. The call travels with the command and not with
 * the middleware: a client with `cacheMiddleware` keeps the middleware of the first command for all.
 */
function timed(command: Command, call: Call): object {
  command.middlewareStack.add(watchAttempt, { step: 'deserialize', priority: 'high' });
  return Object.assign(command, { dynamoCall: call });
}

/** The names of errors after which the SDK corrects the time of its signatures, and sends again. */
const refusedForTime = [
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
];

/** Hands over the time of each answer, and stops a repeat whose body holds the times of before. */
function watchAttempt(next: SendAttempt): SendAttempt {
  return async (attempt) => {
    const call = attempt.dynamoCall;
    if (call === undefined) return next(attempt);
    call.hasAttempt = true;
    if (call.stops && call.refusal !== undefined) {
      call.isStopped = true;
      throw new Error('Refused for its time: built anew, not repeated');
    }
    const attemptDelayMs = performance.now() - call.startedMs;
    const metadataOf = (response: Answer['response']): AnswerMetadata => {
      const serverTimeMs = Date.parse(response?.headers?.['date'] ?? '');
      return { serverTimeMs, serverHost: attempt.request?.hostname, attemptDelayMs };
    };
    try {
      const answer = await next(attempt);
      Object.assign(answer.output?.$metadata ?? {}, metadataOf(answer.response));
      return answer;
    } catch (error) {
      // A request handler of the caller's may reject with a text, which takes no properties.
      const refusal = Object(error) as Refusal;
      refusal.$metadata = { ...refusal.$metadata, ...metadataOf(refusal.$response) };
      if (refusedForTime.includes(refusal.name ?? '')) call.refusal = refusal.$metadata;
      else leaveUnrepeated(refusal.$metadata);
      throw error;
    }
  };
}

/**
 * Where the machine's clock is four minutes off or more, the SDK takes each error for one of the clock, as
 * the time of its signatures moves by milliseconds with every answer, and repeats it: a refused condition
 * four times. What is to be repeated for another reason still is.
 */
function leaveUnrepeated(metadata: AnswerMetadata): void {
  Object.defineProperty(metadata, 'clockSkewCorrected', {
    get: () => undefined,
    set: () => {},
    configurable: true,
  });
}

/** The part of the SDK that is used, named one by one, so that a bundler leaves out the rest. */
const commands: Readonly<Record<DynamoOperation, new (input: never) => object>> = {
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  DeleteItem: DeleteItemCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  BatchGetItem: BatchGetItemCommand,
  BatchWriteItem: BatchWriteItemCommand,
  TransactWriteItems: TransactWriteItemsCommand,
  CreateTable: CreateTableCommand,
  DescribeTable: DescribeTableCommand,
  DescribeTimeToLive: DescribeTimeToLiveCommand,
  UpdateTimeToLive: UpdateTimeToLiveCommand,
};

/** The error where the client is of another version of the SDK than the one that is found here. */
async function mismatchOf(client: SdkClient): Promise<Error | undefined> {
  const own = new DynamoDBClient({ region: 'none' });
  const [theirs, ours] = [await agentVersion(client), await agentVersion(own)];
  if (theirs === undefined || ours === undefined || theirs === ours) return undefined;
  return new SdkMismatchError(installedVersion(client) ?? theirs, installedVersion(own) ?? ours);
}

/** What a client says of its version: in the user agent of its requests, and nowhere else. */
async function agentVersion(client: unknown): Promise<string | undefined> {
  type UserAgent = () => Promise<readonly (readonly string[])[]>;
  const { config } = client as { config?: { defaultUserAgentProvider?: UserAgent } };
  const agent = await config?.defaultUserAgentProvider?.();
  return agent?.find(([name]) => name === 'aws-sdk-js')?.[1];
}

/**
 * The version in the manifest that lies beside the client's module: the user agent of some releases
 * names the one before. Unknown in a bundle, and where modules are not loaded from files.
 */
function installedVersion(client: object): string | undefined {
  const createRequire = globalThis.process?.getBuiltinModule?.('node:module').createRequire;
  if (createRequire === undefined) return undefined;
  const modules = Object.entries(createRequire(process.execPath).cache);
  const found = modules.find(
    ([path, module]) => /client-dynamodb/.test(path) && isOf(client, module?.exports),
  );
  if (found === undefined) return undefined;
  const manifest: unknown = createRequire(found[0])('../package.json');
  return (manifest as { version?: string }).version;
}

function isOf(client: object, exported: unknown): boolean {
  const { DynamoDBClient: Theirs } = Object(exported) as { DynamoDBClient?: unknown };
  return typeof Theirs === 'function' && client instanceof Theirs;
}
