import {
  InvalidInputError,
  systemClock,
  systemRandom,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type RequestOptions,
} from '@x/dynamo-core';
import {
  abortable,
  checkMethods,
  checkedOptions,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import { resolveEndpoint, type EndpointOptions } from './endpoint.js';
import { fromEnvironment } from './from-environment.js';
import type { HttpResponse, HttpSender } from './http-sender.js';
import { checkCredentials, kept, type CredentialsProvider } from './kept-credentials.js';
import { nodeHttpOptionNames, nodeSender, type NodeHttpOptions } from './node-http.js';
import { publishRequest } from './request-channel.js';
import { RetryBudget } from './retry-budget.js';
import { isClockError, retryCause } from './retry-cause.js';
import { serviceError, type LightMetadata } from './service-error.js';
import { Signer, type Credentials } from './signer.js';
import { fromBody, toBody } from './wire.js';

/** What a light client takes. Each has the SDK's default. */
export interface LightClientOptions extends EndpointOptions, NodeHttpOptions {
  /**
   * Credentials, or a function that finds them.
   *
   * @default what the environment offers: keys (Lambda) or a container's endpoint (ECS, EKS)
   */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  /**
   * How often a request is sent at most.
   *
   * @default `AWS_MAX_ATTEMPTS`, or else 4
   */
  readonly maxAttempts?: number | undefined;
  /**
   * What sends. Beside it, its own options are left out here: the limits, and `agent`.
   *
   * @default `nodeHttp()`
   */
  readonly http?: HttpSender | undefined;
}

const names: OptionNames<LightClientOptions> = {
  ...nodeHttpOptionNames,
  credentials: true,
  endpoint: true,
  http: true,
  maxAttempts: true,
  region: true,
  useDualstackEndpoint: 'boolean',
  useFipsEndpoint: 'boolean',
};

/**
 * DynamoDB without the AWS SDK: a transport for every primitive, given as `dynamo`. Make one per
 * process and keep it, since it keeps connections open. Requests are signed, sent and repeated as the
 * SDK does it in its standard mode. Throws an `InvalidInputError` for a missing region at once, for
 * missing credentials with the first call.
 *
 * @example
 * ```ts
 * import { KeyValueTable } from '@x/dynamo-kv';
 * import { LightClient } from '@x/dynamo-light-client';
 *
 * const dynamo = new LightClient({ region: 'eu-central-1' });
 * const kv = new KeyValueTable<string>({ dynamo, tableName: 'keys', namespace: 'settings' });
 * ```
 */
export class LightClient implements DynamoTransport {
  /** Core lets the event loop read what was closed before the first request after idleness. */
  readonly usesSockets = true;
  readonly #url: URL;
  readonly #signer: Signer;
  readonly #http: HttpSender;
  readonly #budget: RetryBudget;
  readonly #credentials: () => Credentials | Promise<Credentials>;
  /** How far DynamoDB's clock is ahead: known once it has refused a signature for its time. */
  #aheadMs = 0;

  constructor(options?: LightClientOptions) {
    const checked = checkedOptions(options, names);
    const { url, region } = resolveEndpoint(checked);
    this.#url = url;
    this.#signer = new Signer({ region, host: url.host, path: url.pathname });
    this.#http = senderOf(checked);
    this.#budget = new RetryBudget(checked.maxAttempts);
    this.#credentials = source(checked.credentials);
  }

  /**
   * Sends an operation. Resolves to DynamoDB's answer, and rejects with a `DynamoServiceError`, with
   * what the network says, or with the reason of `signal` as soon as it aborts, also between two
   * attempts. `$metadata` of both says how often it was sent (`attempts`) and DynamoDB's time.
   *
   * A request that was refused for its time is signed anew; where `rebuild` is given, it is also
   * built anew.
   */
  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options: RequestOptions<O> = {},
  ): Promise<DynamoOutput<O>> {
    options.signal?.throwIfAborted();
    const startedMs = systemClock.monotonic();
    const call: Call = { attempts: 0, attemptDelayMs: 0, totalRetryDelay: 0 };
    let outcome = 'ok';
    try {
      return await this.#untilAnswered(call, operation, input, options);
    } catch (error) {
      outcome = String((error as Error | undefined)?.name);
      throw error;
    } finally {
      const durationMs = systemClock.monotonic() - startedMs;
      publishRequest(operation, input, { attempts: call.attempts, durationMs, outcome });
    }
  }
  /** Closes the connections that are not in use. */
  destroy(): void {
    this.#http.destroy?.();
  }

  async #untilAnswered<O extends DynamoOperation>(
    call: Call,
    operation: O,
    input: DynamoInput<O>,
    { signal, rebuild }: RequestOptions<O>,
  ): Promise<DynamoOutput<O>> {
    const target = `DynamoDB_20120810.${operation}`;
    const startedMs = systemClock.monotonic();
    const id = systemRandom.id();
    const bodyOf = (built: DynamoInput<O>): string => {
      if (operation !== 'TransactWriteItems') return toBody(built);
      // It makes the repeats of a transaction one transaction, as the SDK does it.
      const { ClientRequestToken = id } = built as { readonly ClientRequestToken?: string };
      return toBody({ ...built, ClientRequestToken });
    };
    let body = bodyOf(input);
    let lastCost: number | undefined;
    for (;;) {
      const found = this.#credentials();
      // Before the attempt: where they come from repeats its own requests.
      const credentials = 'then' in found ? await abortable(signal, () => found) : found;
      call.attempts++;
      call.attemptDelayMs = systemClock.monotonic() - startedMs;
      let response: HttpResponse | undefined;
      let error: unknown;
      try {
        const nowMs = Date.now() + this.#aheadMs;
        const headers = this.#signer.sign({ target, body, credentials, nowMs });
        headers.push('user-agent', 'x-dynamo-light-client/0.0.0', 'amz-sdk-invocation-id', id);
        response = await this.#http.send({ url: this.#url, headers, body, signal });
        const $metadata = this.#metadataOf(call, response);
        if (response.status >= 200 && response.status < 300) {
          const output = Object.assign(fromBody(response.text), { $metadata });
          this.#budget.giveBack(lastCost);
          return output as unknown as DynamoOutput<O>;
        }
        error = serviceError(response, $metadata);
      } catch (thrown) {
        if (signal?.aborted === true) throw signal.reason;
        error = withoutBytes(thrown);
        // An answer that cannot be read: the server has sent it, so that it may be applied.
        const $metadata = this.#metadataOf(call, response);
        if (Object.isExtensible(error)) Object.assign(error as object, { $metadata });
      }
      const { reusedSocket, $metadata } = Object(error) as SentFailure;
      const isCorrected = response !== undefined && isClockError(error) && this.#corrects(response);
      // What was refused for its time holds times of the wrong clock, too.
      if (isCorrected && rebuild) body = bodyOf(rebuild($metadata));
      // A kept connection that the server had closed says nothing about its load: sent again at once.
      if (reusedSocket && call.attempts === 1 && this.#budget.attemptsMax > 1) continue;
      const cause = isCorrected ? 'transient' : retryCause(error);
      const repeat = cause && this.#budget.take(cause, call.attempts, response);
      if (repeat === undefined) throw error;
      lastCost = repeat.cost;
      call.totalRetryDelay += repeat.delayMs;
      if (repeat.delayMs > 0) await systemClock.sleep(repeat.delayMs, { signal });
    }
  }

  #metadataOf(call: Call, response: HttpResponse | undefined): LightMetadata {
    // One by one: to spread the call first takes as long as a signature.
    const { attempts, attemptDelayMs, totalRetryDelay } = call;
    return {
      attempts,
      attemptDelayMs,
      totalRetryDelay,
      httpStatusCode: response?.status,
      requestId: response?.header('x-amzn-requestid'),
      serverTimeMs: response && Date.parse(response.header('date') ?? ''),
      serverHost: response && this.#url.hostname,
    };
  }

  /** Follows DynamoDB's clock where it is far from this one. DynamoDB refuses from five minutes on. */
  #corrects(response: HttpResponse): boolean {
    const aheadMs = Date.parse(response.header('date') ?? '') - Date.now();
    if (!(Math.abs(aheadMs - this.#aheadMs) >= 240_000)) return false;
    this.#aheadMs = aheadMs;
    return true;
  }
}

/** One call, over all of its attempts. */
interface Call {
  attempts: number;
  attemptDelayMs: number;
  totalRetryDelay: number;
}

/** What an error may carry. */
interface SentFailure {
  readonly reusedSocket?: boolean;
  readonly $metadata?: LightMetadata;
}

/** Takes out what could not be read of an answer, as parsers keep it: it may hold values. */
function withoutBytes(error: unknown): unknown {
  // `fetch` names it as the cause.
  for (const part of [Object(error), Object((error as Unread | undefined)?.cause)] as Unread[]) {
    // Node's name for it, and undici's.
    delete part.rawPacket;
    if (part.name === 'HTTPParserError') delete part.data;
  }
  return error;
}

interface Unread {
  readonly name?: string;
  readonly cause?: unknown;
  rawPacket?: unknown;
  data?: unknown;
}

function senderOf(options: LightClientOptions): HttpSender {
  const { http } = options;
  if (http === undefined) return nodeSender(options);
  checkMethods('http', http, 'send');
  for (const name of Object.keys(nodeHttpOptionNames) as (keyof NodeHttpOptions)[]) {
    if (!(name in options)) continue;
    const allowed = 'left out beside { http }';
    throw new InvalidInputError(name, options[name], allowed);
  }
  return http;
}

function source(
  credentials: LightClientOptions['credentials'],
): () => Credentials | Promise<Credentials> {
  if (credentials === undefined) return kept(fromEnvironment());
  if (typeof credentials === 'function') return kept(credentials);
  const given = checkCredentials(credentials);
  return () => given;
}
