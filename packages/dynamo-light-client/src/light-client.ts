import {
  InvalidInputError,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type RequestOptions,
} from '@x/dynamo-core';
import { abortable, checkedOptions, type OptionNames } from '@x/dynamo-core/mechanism';

import { Call, withMetadata, withoutBytes, type Failure } from './call.js';
import { resolveEndpoint, type EndpointOptions } from './endpoint.js';
import { fromEnvironment } from './from-environment.js';
import type { HttpResponse, HttpSender } from './http-sender.js';
import { checkCredentials, kept, type CredentialsProvider } from './kept-credentials.js';
import { nodeHttp, nodeHttpOptionNames, type NodeHttpOptions } from './node-http.js';
import { pause } from './pause.js';
import { publishRequest } from './request-channel.js';
import { RetryBudget, retryAfterMs } from './retry-budget.js';
import { isClockError, retryCause } from './retry-cause.js';
import { ServiceErrors, type LightMetadata } from './service-error.js';
import { Signer, type Credentials } from './signer.js';
import { fromBody } from './wire.js';

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

/** A clock that is further off is corrected, as in the SDK. DynamoDB refuses from five minutes on. */
const clockErrorMs = 240_000;
const userAgent = 'x-dynamo-light-client/0.0.0';

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
  readonly #errors = new ServiceErrors();
  readonly #credentials: () => Credentials | Promise<Credentials>;
  /** How far DynamoDB's clock is ahead: known once it has refused a signature for its time. */
  #aheadMs = 0;

  constructor(options?: LightClientOptions) {
    const checked = checkedOptions(options, names);
    const { credentials, http, maxAttempts, ...where } = checked;
    const { agent, connectTimeoutMs, maxSockets, requestTimeoutMs } = checked;
    const limits = { agent, connectTimeoutMs, maxSockets, requestTimeoutMs };
    const { url, region } = resolveEndpoint(where);
    this.#url = url;
    this.#signer = new Signer({ region, host: url.host, path: url.pathname });
    this.#http = http === undefined ? nodeHttp(limits) : checkSender(http, limits);
    this.#budget = new RetryBudget(maxAttempts);
    this.#credentials = source(credentials);
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
    const call = new Call(operation, input, options);
    try {
      const output = await this.#untilAnswered(call);
      publishRequest(operation, input, call.end('ok'));
      return output as DynamoOutput<O>;
    } catch (error) {
      publishRequest(operation, input, call.end(String((error as Error | undefined)?.name)));
      throw error;
    }
  }

  /** Closes the connections that are not in use. */
  destroy(): void {
    this.#http.destroy?.();
  }

  async #untilAnswered<O extends DynamoOperation>(call: Call<O>): Promise<object> {
    const { signal } = call;
    for (;;) {
      const found = this.#credentials();
      // Before the attempt: where they come from repeats its own requests.
      const credentials = 'then' in found ? await untilAborted(found, signal) : found;
      let response: HttpResponse | undefined;
      let error: unknown;
      try {
        response = await this.#send(call, credentials);
        if (response.status >= 200 && response.status < 300) return this.#answer(call, response);
        error = this.#errors.of(response, this.#metadataOf(call, response));
      } catch (thrown) {
        if (signal?.aborted === true) throw signal.reason;
        error = withoutBytes(thrown);
        // An answer that cannot be read: the server has sent it, so that it may be applied.
        if (response !== undefined) withMetadata(error, this.#metadataOf(call, response));
      }
      const isCorrected =
        response !== undefined && isClockError(error) && this.#corrects(response.header('date'));
      if (isCorrected) call.rebuild((error as Failure).$metadata);
      const cause = isCorrected ? 'transient' : retryCause(error);
      if (this.#isStale(call, error)) continue;
      const repeat =
        cause && this.#budget.take(cause, call.attempts, response && retryAfterMs(response));
      if (repeat === undefined) throw withMetadata(error, call.counts());
      call.lastCost = repeat.cost;
      call.delayedMs += repeat.delayMs;
      if (repeat.delayMs > 0) await pause(repeat.delayMs, signal);
    }
  }

  /** One attempt. */
  #send<O extends DynamoOperation>(call: Call<O>, credentials: Credentials): Promise<HttpResponse> {
    call.attempts++;
    call.attemptMs = performance.now();
    const { target, body } = call;
    const nowMs = Date.now() + this.#aheadMs;
    const headers = this.#signer.sign({ target, body, credentials, nowMs });
    headers.push('user-agent', userAgent, 'amz-sdk-invocation-id', call.id, 'amz-sdk-request');
    headers.push(`attempt=${call.attempts}; max=${this.#budget.attemptsMax}`);
    return this.#http.send({ url: this.#url, headers, body, signal: call.signal });
  }

  #answer<O extends DynamoOperation>(call: Call<O>, response: HttpResponse): object {
    const output = fromBody(response.text);
    output['$metadata'] = { ...this.#metadataOf(call, response), ...call.counts() };
    this.#budget.giveBack(call.lastCost);
    return output;
  }

  #metadataOf<O extends DynamoOperation>(call: Call<O>, response: HttpResponse): LightMetadata {
    return {
      httpStatusCode: response.status,
      requestId: response.header('x-amzn-requestid'),
      serverTimeMs: Date.parse(response.header('date') ?? ''),
      serverHost: this.#url.hostname,
      attemptDelayMs: call.attemptMs - call.startedMs,
    };
  }

  /** A kept connection that the server had closed says nothing about its load: sent again at once. */
  #isStale<O extends DynamoOperation>(call: Call<O>, error: unknown): boolean {
    const isLost = (error as Failure | undefined)?.reusedSocket === true;
    return isLost && call.attempts === 1 && this.#budget.attemptsMax > 1;
  }

  /** Follows DynamoDB's clock where it is far from this one. */
  #corrects(date: string | undefined): boolean {
    const aheadMs = Date.parse(date ?? '') - Date.now();
    if (!(Math.abs(aheadMs - this.#aheadMs) >= clockErrorMs)) return false;
    this.#aheadMs = aheadMs;
    return true;
  }
}

function untilAborted<T>(found: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal === undefined ? found : abortable(signal, () => found);
}

function checkSender(http: HttpSender, options: NodeHttpOptions): HttpSender {
  if (typeof (http as unknown as HttpSender | null)?.send !== 'function') {
    throw new InvalidInputError('http', http, 'a sender, as nodeHttp() makes it');
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new InvalidInputError(name, value, 'left out beside { http }: given to the sender');
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
