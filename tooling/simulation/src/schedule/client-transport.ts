import type {
  AnswerMetadata,
  Clock,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
} from '@x/dynamo-core';

import type { FaultKind } from './fault-kind.js';
import type { Kernel } from './kernel.js';
import type { Outcome } from './pending-event.js';
import {
  isRefusedForTime,
  serverTimeMs,
  signatureExpired,
  withMetadata,
  type ServerTimeOptions,
} from './server-time.js';
import { SimulatedNetworkError } from './simulated-network-error.js';
import { summarizeAnswer, summarizeError, summarizeRequest } from './summary.js';

/** What a transport needs of its client. */
export interface ClientTransportOptions {
  readonly kernel: Kernel;
  readonly store: DynamoTransport;
  readonly actor: string;
  readonly faults: ReadonlySet<FaultKind>;
  readonly repeatsMax: number;
  readonly clock: Clock;
  readonly serverTime: ServerTimeOptions;
  /** Stops the client for ever. */
  readonly crash: () => void;
}

/** Applied or refused by the store, and not yet known to the caller. */
type Reply =
  | { readonly output: object }
  | { readonly error: Error; readonly refusal?: AnswerMetadata | undefined };

/** One call of the package under test. */
interface Call {
  readonly operation: DynamoOperation;
  input: DynamoInput<DynamoOperation>;
  readonly options: RequestOptions<DynamoOperation>;
  readonly startedMs: number;
  /** When the attempt was sent, by the client's monotonic clock, and what its signature says. */
  sent: { readonly monotonicMs: number; readonly signedMs: number };
  readonly resolve: (output: object) => void;
  readonly reject: (error: Error) => void;
  /** How many more times the SDK repeats it. */
  repeatsLeft: number;
}

const readOperations: ReadonlySet<DynamoOperation> = new Set([
  'GetItem',
  'BatchGetItem',
  'Query',
  'Scan',
  'DescribeTable',
]);

/**
 * The network between one client and the store. Each call waits twice for the scheduler: before it
 * is applied (the request is in flight) and after it (the reply is in flight).
 */
export class ClientTransport implements DynamoTransport {
  /** Whether a request is answered is for the schedule to say, and no timer's. */
  readonly usesSockets = false;
  readonly #options: ClientTransportOptions;
  /** By how much the SDK has corrected the time of its signatures. */
  #signatureOffsetMs = 0;

  constructor(options: ClientTransportOptions) {
    this.#options = options;
  }

  call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options: RequestOptions<O> = {},
  ): Promise<DynamoOutput<O>> {
    const startedMs = this.#options.clock.monotonic();
    const { signal } = options;
    return new Promise<object>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      // As with the real transport, giving up ends the wait and not the request.
      const onAbort = (): void => reject(signal?.reason as Error);
      const unlisten = (): void => signal?.removeEventListener('abort', onAbort);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#send({
        operation,
        input,
        options,
        startedMs,
        sent: { monotonicMs: startedMs, signedMs: 0 },
        resolve: (output) => (unlisten(), resolve(output)),
        reject: (error) => (unlisten(), reject(error)),
        repeatsLeft: this.#options.repeatsMax,
      });
    }) as Promise<DynamoOutput<O>>;
  }

  #send(call: Call): void {
    const { kernel, actor, clock, crash } = this.#options;
    call.sent = {
      monotonicMs: clock.monotonic(),
      signedMs: clock.now() + this.#signatureOffsetMs,
    };
    const deliver = (): void => this.#apply(call, (reply) => this.#answer(call, reply));
    const fail = (what: string): void => {
      this.#log(call, what);
      call.reject(new SimulatedNetworkError(`Simulated: ${what}`));
    };
    const outcomes: Outcome[] = [{ fault: undefined, happen: deliver }];
    this.#offer(outcomes, 'lost-request', () => fail('request lost'));
    if (!readOperations.has(call.operation)) {
      this.#offer(outcomes, 'late-request', () => {
        fail('no answer, request still in flight');
        this.#sendLate(call);
      });
    }
    this.#offer(outcomes, 'crash', () => {
      kernel.log(actor, () => 'CRASHES, request still in flight');
      crash();
      this.#sendLate(call);
    });
    kernel.add({ actor, network: false, outcomes });
  }

  #answer(call: Call, reply: Reply): void {
    const { kernel, actor, crash } = this.#options;
    const answer = (): void => {
      this.#log(call, 'answered', true);
      if ('output' in reply) call.resolve(reply.output);
      else if (reply.refusal && call.repeatsLeft > 0) this.#correct(call, reply.refusal);
      else call.reject(reply.error);
    };
    const outcomes: Outcome[] = [{ fault: undefined, happen: answer }];
    this.#offer(outcomes, 'crash', () => {
      kernel.log(actor, () => 'CRASHES before the reply');
      crash();
    });
    if (!readOperations.has(call.operation)) this.#offerReplyFaults(outcomes, call, answer);
    kernel.add({ actor, network: false, outcomes });
  }

  #offerReplyFaults(outcomes: Outcome[], call: Call, answer: () => void): void {
    if (call.repeatsLeft > 0) {
      this.#offer(outcomes, 'repeat', () => {
        this.#log(call, 'reply lost, the SDK repeats the request', true);
        call.repeatsLeft--;
        this.#send(call);
      });
    }
    this.#offer(outcomes, 'lost-reply', () => {
      this.#log(call, 'reply lost, the caller gets an error', true);
      call.reject(new SimulatedNetworkError('Simulated: reply lost'));
    });
    this.#offer(outcomes, 'duplicate', () => {
      const copy = { ...call };
      answer();
      this.#sendLate(copy);
    });
  }

  /** The SDK corrects its signature, and sends the same body again, or the one that is built anew. */
  #correct(call: Call, refusal: AnswerMetadata): void {
    const { signal, rebuild } = call.options;
    if (signal?.aborted) return;
    this.#signatureOffsetMs = (refusal.serverTimeMs ?? 0) - this.#options.clock.now();
    call.repeatsLeft--;
    if (rebuild !== undefined) call.input = rebuild(refusal);
    this.#send(call);
  }

  /** A copy of the request that arrives at some later time and whose reply nobody hears. */
  #sendLate(call: Call): void {
    const { kernel, actor } = this.#options;
    const happen = (): void => this.#apply(call, () => undefined, 'late copy ');
    kernel.add({ actor, network: true, outcomes: [{ fault: undefined, happen }] });
  }

  #apply(call: Call, done: (reply: Reply) => void, prefix = ''): void {
    const { store, kernel, serverTime } = this.#options;
    const { signedMs, monotonicMs } = call.sent;
    const settle = (reply: Reply): void => {
      const what =
        'error' in reply
          ? `refused: ${summarizeError(reply.error)}`
          : `applied: ${summarizeAnswer(reply.output)}`;
      this.#log(call, `${prefix}${what}`);
      done(reply);
    };
    const metadata = {
      serverTimeMs: serverTimeMs(kernel.nowMs, serverTime),
      attemptDelayMs: monotonicMs - call.startedMs,
    };
    if (serverTime.signed === true && isRefusedForTime(signedMs, kernel.nowMs)) {
      settle({ error: withMetadata(signatureExpired(), metadata), refusal: metadata });
      return;
    }
    store.call(call.operation, call.input).then(
      (output) => settle({ output: withMetadata(output, metadata) }),
      (error: Error) => settle({ error: withMetadata(error, metadata) }),
    );
  }

  #offer(outcomes: Outcome[], fault: FaultKind, happen: () => void): void {
    if (this.#options.faults.has(fault)) outcomes.push({ fault, happen });
  }

  #log({ operation, input }: Call, what: string, brief = false): void {
    this.#options.kernel.log(
      this.#options.actor,
      () => `${brief ? operation : summarizeRequest(operation, input)} -> ${what}`,
    );
  }
}
