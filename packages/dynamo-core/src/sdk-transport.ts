import type {
  AnswerMetadata,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
  SdkClient,
} from './transport.js';

type Send = (command: object, options?: { abortSignal: AbortSignal }) => Promise<unknown>;
type Commands = Record<string, new (input: object) => Command>;

interface Command {
  readonly middlewareStack: { add(middleware: object, options: object): void };
}

/**
 * Sends through a client of the SDK, or through one that is made on the first call. The SDK is
 * loaded on the first call.
 */
export function sdkTransport(given: SdkClient | undefined): DynamoTransport {
  let loaded: { readonly commands: Commands; readonly send: Send } | undefined;

  async function load(): Promise<NonNullable<typeof loaded>> {
    const module = await import('@aws-sdk/client-dynamodb');
    // Two first calls may both get here: the first one to finish provides the client of both.
    if (loaded === undefined) {
      const client: SdkClient = given ?? new module.DynamoDBClient();
      loaded = {
        commands: module as unknown as Commands,
        send: (command, options) =>
          // An options object bypasses the SDK's cache of resolved handlers.
          options === undefined ? client.send(command) : client.send(command, options),
      };
    }
    return loaded;
  }

  async function call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    { signal, rebuild }: RequestOptions<O> = {},
  ): Promise<DynamoOutput<O>> {
    signal?.throwIfAborted();
    const { commands, send } = loaded ?? (await load());
    const Command = commands[`${operation}Command`] as Commands[string];
    const seen: Call = { startedMs: performance.now(), stops: rebuild !== undefined };
    try {
      const command = timed(new Command(input), seen);
      return (await send(command, signal && { abortSignal: signal })) as DynamoOutput<O>;
    } catch (error) {
      // The SDK has an error of its own for an abort. The caller's reason says more.
      if (isAbort(error)) signal?.throwIfAborted();
      if (rebuild === undefined || seen.isStopped !== true) throw error;
      return call(operation, rebuild(seen.refusal), { signal });
    }
  }

  return { call };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** One call, as its attempts see it. */
interface Call {
  readonly startedMs: number;
  /** Whether the SDK shall not repeat what was refused for its time. */
  readonly stops: boolean;
  /** What the last attempt learned, if it was refused for its time. */
  refusal?: AnswerMetadata;
  isStopped?: boolean;
}

interface AttemptArguments {
  readonly dynamoCall?: Call;
  readonly request?: { readonly hostname?: string };
}
interface Answer {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly output?: { readonly $metadata?: object };
}
type Attempt = (attempt: AttemptArguments) => Promise<Answer>;
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
function watchAttempt(next: Attempt): Attempt {
  return async (attempt) => {
    const call = attempt.dynamoCall;
    if (call === undefined) return next(attempt);
    if (call.stops && call.refusal !== undefined) {
      call.isStopped = true;
      throw new Error('Refused for its time: it is built anew instead of being repeated');
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
      const refusal = error as Refusal;
      refusal.$metadata = { ...refusal.$metadata, ...metadataOf(refusal.$response) };
      if (refusedForTime.includes(refusal.name ?? '')) call.refusal = refusal.$metadata;
      throw error;
    }
  };
}
