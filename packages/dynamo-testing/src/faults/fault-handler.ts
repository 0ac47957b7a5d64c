import type { Clock } from '@x/dynamo-core';
import { checkedClock, checkedOptions } from '@x/dynamo-core/mechanism';

import { macrotask } from '../clock/event-loop.js';
import { checkedFault, checkedPlan } from './check-fault.js';
import type { Fault, FaultCall, FaultLogEntry, FaultPlan } from './fault.js';
import { splitBatch, unprocessedField } from './partial-batch.js';
import type {
  SdkRequest,
  SdkRequestHandler,
  SdkRequestOptions,
  SdkResponse,
} from './request-handler.js';
import {
  connectionReset,
  inputOf,
  jsonResponse,
  operationOf,
  readBody,
  withInput,
} from './wire.js';

/** How a {@link FaultHandler} works. */
export interface FaultHandlerOptions {
  /**
   * On which the `delay` and `late-copy` faults sleep.
   *
   * @default the machine's clock
   */
  readonly clock?: Clock | undefined;
}

const pass: Fault = { kind: 'pass' };

/**
 * Injects faults below the SDK: it stands around the SDK's own request handler and sees every
 * attempt. Serialiser, signer, error parser and retries stay what they are in production.
 *
 * `injectFaults(client, plan)` puts one around the handler of a client; one handler may serve
 * several clients, with one count and one log.
 *
 * @example
 * ```ts
 * import { PutItemCommand } from '@aws-sdk/client-dynamodb';
 * import { FaultHandler, startDynamo } from '@x/dynamo-testing';
 *
 * await using dynamo = await startDynamo();
 * const faults = new FaultHandler([{ kind: 'drop-before' }]);
 * const client = dynamo.client({ faults });
 *
 * const put = new PutItemCommand({ TableName: 'nowhere', Item: { id: { S: 'a' } } });
 * await client.send(put).catch((error: Error) => console.log(error.name));
 * // ResourceNotFoundException: the SDK's second attempt got through
 * console.log(faults.log.map((entry) => entry.fault.kind)); // [ 'drop-before', 'pass' ]
 * ```
 */
export class FaultHandler {
  readonly #clock: Clock;
  #plan: FaultPlan;
  #log: FaultLogEntry[] = [];
  #requestIds: string[] = [];
  #inFlight = 0;
  #silent = 0;

  /** @throws {InvalidInputError} for a plan, a fault or an option that is none. */
  constructor(plan: FaultPlan = [], options?: FaultHandlerOptions) {
    const { clock } = checkedOptions(options, { clock: true });
    this.#plan = checkedPlan(plan);
    this.#clock = checkedClock(clock);
  }

  /** Every attempt so far and what was done to it. */
  get log(): readonly FaultLogEntry[] {
    return this.#log;
  }

  /** How many attempts are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many of them will get no answer. */
  get silent(): number {
    return this.#silent;
  }

  /** Follows another plan from now on. The counts start again at 1 and the log is emptied. */
  use(plan: FaultPlan): void {
    this.#plan = checkedPlan(plan);
    this.#log = [];
    this.#requestIds = [];
  }

  /** A request handler that asks this plan and sends through `inner`. */
  around(inner: SdkRequestHandler): SdkRequestHandler {
    return {
      ...(inner.metadata && { metadata: inner.metadata }),
      handle: (request: SdkRequest, options?: SdkRequestOptions) =>
        this.#handle(inner, request, options),
      destroy: () => inner.destroy?.(),
    };
  }

  async #handle(
    inner: SdkRequestHandler,
    request: SdkRequest,
    options: SdkRequestOptions,
  ): Promise<SdkResponse> {
    const call = this.#count(request);
    const fault =
      (typeof this.#plan === 'function'
        ? checkedFault(this.#plan(call))
        : this.#plan[call.attempt - 1]) ?? pass;
    this.#log.push({ ...call, fault });
    this.#inFlight += 1;
    try {
      if (fault.kind === 'silent') return await this.#beSilent(options);
      return await this.#apply(fault, call, request, (changed) => inner.handle(changed, options));
    } finally {
      this.#inFlight -= 1;
    }
  }

  #count(request: SdkRequest): FaultCall {
    const attempt = this.#log.length + 1;
    // The SDK gives all the attempts of a request the same id.
    const id = request.headers['amz-sdk-invocation-id'] ?? `attempt ${attempt}`;
    const known = this.#requestIds.indexOf(id);
    const number = known === -1 ? this.#requestIds.push(id) : known + 1;
    const retry = this.#log.filter((entry) => entry.request === number).length;
    const operation = operationOf(request);
    return { attempt, request: number, retry, operation, input: inputOf(request) };
  }

  /** Sends a copy whose answer nobody hears. It keeps no process alive. */
  #sendLate(ms: number, send: () => Promise<SdkResponse>): void {
    const copy = async (): Promise<void> => {
      await this.#clock.sleep(ms, { keepAlive: false });
      await readBody(await send());
    };
    // The client may be closed by then, as a process may have ended.
    copy().catch(() => undefined);
  }

  async #beSilent(options: SdkRequestOptions): Promise<never> {
    const { abortSignal } = Object(options) as { readonly abortSignal?: AbortSignal };
    this.#silent += 1;
    try {
      return await new Promise((_, reject) => {
        const abort = (): void => reject(abortError());
        if (abortSignal?.aborted === true) abort();
        abortSignal?.addEventListener('abort', abort, { once: true });
      });
    } finally {
      this.#silent -= 1;
    }
  }

  async #apply(
    fault: Exclude<Fault, { kind: 'silent' }>,
    call: FaultCall,
    request: SdkRequest,
    send: (request: SdkRequest) => Promise<SdkResponse>,
  ): Promise<SdkResponse> {
    switch (fault.kind) {
      case 'pass':
        return send(request);
      case 'delay':
        await this.#clock.sleep(fault.delayMs);
        return send(request);
      case 'drop-before':
        // As a real connection does: otherwise repeats without a pause starve the timers.
        await macrotask();
        throw connectionReset();
      case 'drop-after':
        await readBody(await send(request));
        throw connectionReset();
      case 'duplicate':
        await readBody(await send(request));
        return send(request);
      case 'late-copy':
        this.#sendLate(fault.delayMs, () => send(request));
        return send(request);
      case 'error':
        if (fault.applied === true) await readBody(await send(request));
        return errorResponse(fault);
      case 'partial':
        return sendPart(call, fault.keep, request, send);
    }
  }
}

/** As the SDK's own handlers reject. */
function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function errorResponse(fault: Extract<Fault, { kind: 'error' }>): SdkResponse {
  return jsonResponse(fault.status ?? 400, {
    __type: `com.amazonaws.dynamodb.v20120810#${fault.name}`,
    message: fault.message ?? `${fault.name}, injected`,
    ...fault.fields,
  });
}

async function sendPart(
  { operation, input }: FaultCall,
  keep: number,
  request: SdkRequest,
  send: (request: SdkRequest) => Promise<SdkResponse>,
): Promise<SdkResponse> {
  const field = unprocessedField(operation);
  const { now, later } = splitBatch(input, keep);
  if (Object.keys(now).length === 0) return jsonResponse(200, { Responses: {}, [field]: later });
  const output = await send(withInput(request, { ...input, RequestItems: now }));
  const body = await readBody(output);
  const status = output.response.statusCode;
  if (status !== 200) return jsonResponse(status, body);
  return jsonResponse(200, { ...body, [field]: { ...(body[field] as object), ...later } });
}
