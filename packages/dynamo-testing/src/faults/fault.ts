/**
 * What happens to one attempt of one request.
 *
 * - `pass`: nothing special.
 * - `drop-before`: the connection is reset before the server sees the request.
 * - `drop-after`: the server applies the request and its response is lost.
 * - `duplicate`: the server gets the request twice; the second response is returned.
 * - `late-copy`: the server gets the request, and a copy of it `delayMs` milliseconds later, on the
 *   handler's clock. Nobody hears how the copy ends.
 * - `delay`: the request leaves `delayMs` milliseconds later, on the handler's clock.
 * - `silent`: the connection is accepted and no answer ever comes, until the request is aborted.
 * - `error`: the server answers with an error of this name, and it did not apply the request, or it
 *   did (`applied`). `fields` are further members of the error's body. Any name that DynamoDB has,
 *   `TransactionInProgressException` and `ReplicatedWriteConflictException` among them.
 * - `partial`: of a batch, the first `keep` entries are processed, the others come back as
 *   unprocessed. On any other operation it is an error to ask for it.
 */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'late-copy'; readonly delayMs: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'error';
      readonly name: string;
      /** @default 400 */
      readonly status?: number | undefined;
      readonly message?: string | undefined;
      /** @default false */
      readonly applied?: boolean | undefined;
      readonly fields?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly kind: 'partial'; readonly keep: number };

/** One attempt, as the SDK hands it to its request handler. */
export interface FaultCall {
  /** The count of attempts that went through the handler, this one included: from 1. */
  readonly attempt: number;
  /** The count of requests that went through the handler, each once with all its attempts: from 1. */
  readonly request: number;
  /** How many times this request was sent before: 0, or more when the SDK repeats it. */
  readonly retry: number;
  /** The operation without its `Command`: `'UpdateItem'`. */
  readonly operation: string;
  /** The input in wire shapes, parsed from the body that the SDK would send. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** An attempt and what was done to it. */
export interface FaultLogEntry extends FaultCall {
  readonly fault: Fault;
}

/**
 * Which attempt meets which fault: a function of the attempt, or a list of which the first entry is
 * for the first attempt. An attempt without a fault passes.
 */
export type FaultPlan = ((call: FaultCall) => Fault | undefined) | readonly (Fault | undefined)[];
