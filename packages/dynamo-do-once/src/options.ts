import type {
  CallOptions,
  Codec,
  EpochMS,
  Flavour,
  Milliseconds,
  Monitoring,
  Seconds,
} from '@x/dynamo-core';
import type { PartitionedRowsOptions } from '@x/dynamo-core/mechanism';

/** Names an action of a user. */
export type DoOnceActionKey = Flavour<string, 'DoOnceActionKey'>;

/** What happens to the claim when the action fails. */
export type ErrorDecision = 'release' | 'keep';

/** What is done when another caller works on the action. */
export interface InProgressOptions {
  /**
   * `'wait'` until it is done, free, or `waitMsMax` have passed; or `'throw'` at once. Both throw
   * a `DoOnceInProgressError`.
   *
   * @default 'wait'
   */
  readonly onInProgress?: 'wait' | 'throw' | undefined;
  /** How long to wait for another caller, in milliseconds, 0 to 86,400,000. @default 10000 */
  readonly waitMsMax?: Milliseconds | undefined;
  /**
   * Whether a claim is taken over once its lease has ended. With `false` the action runs at most
   * once: a claim never expires, and that of a caller that died stays until `clearKey`. Later callers
   * get a `DoOnceAbandonedError` once its lease has ended.
   *
   * @default true
   */
  readonly takeover?: boolean | undefined;
  /**
   * For how long "done" counts, in seconds, above 0. Afterwards the action may run again.
   *
   * @default for ever
   */
  readonly ttlSeconds?: Seconds | undefined;
}

/** How actions are done. On the manager, these are the defaults of its calls. */
export interface DoOnceBehaviour extends InProgressOptions {
  /**
   * For how long a claim keeps others away when its owner dies or stalls, in milliseconds, 1 to
   * 86,400,000. Longer than the action takes, or with a heartbeat. In a function with a deadline:
   * the time that is left.
   *
   * @default 60000
   */
  readonly leaseMs?: Milliseconds | undefined;
  /**
   * For how long a claim counts, in seconds after it was made, above 0; never less than its lease. A
   * claim whose owner has died can be taken over once the lease has ended, but stays bound to its
   * payload until then. Claims with `takeover: false` do not expire.
   *
   * @default 86400
   */
  readonly claimTtlSeconds?: Seconds | undefined;
  /** Renews the lease every third of it while the action runs: one more request each. @default false */
  readonly heartbeat?: boolean | undefined;
  /**
   * When the action throws: `'release'` lets the next caller act at once, with any payload; `'keep'`
   * leaves the claim until its lease ends, and with `takeover: false` until `clearKey`, at one request
   * more. A function decides by the error.
   *
   * @default 'release'
   */
  readonly onError?:
    | ErrorDecision
    | ((error: unknown) => ErrorDecision | Promise<ErrorDecision>)
    | undefined;
  /**
   * Which errors are final: where it says `true`, the key is done with this failure. The caller gets
   * its own error, every later one a `DoOnceStoredError` with the error's name and message (4,096
   * characters each), which are stored as they are, and nobody acts again. `onError` decides about the
   * others.
   *
   * @default none is
   */
  readonly storeError?: ((error: unknown) => boolean | Promise<boolean>) | undefined;
  /**
   * Stores what the action returns, for later callers: `true` as JSON, or a codec. Everybody gets
   * what the codec brings back, the first caller too. `undefined` is not stored.
   *
   * @default false
   */
  readonly storeResult?: boolean | Codec | undefined;
}

/** What a manager is made with: the defaults of its calls, and what is its own. */
export interface DoOnceManagerOptions extends DoOnceBehaviour {
  /**
   * Takes keys that are too long for DynamoDB (over 1,010 bytes) and stores their SHA-256 instead,
   * where no other key can be. All managers of a table have to agree on it.
   *
   * @default false: they are refused
   */
  readonly hashLongKeys?: boolean | undefined;
  /**
   * Keeps claims in rows of their own, so that clients of the original, which mark an action as done
   * only where there is no row, can record what they did. For the time of a move: it takes two
   * requests more, and all managers of a table have to agree on it.
   *
   * @default false
   */
  readonly separateClaims?: boolean | undefined;
  /**
   * By how many milliseconds the wall clocks of two callers may differ without both acting at once:
   * a claim is taken over only this long after its lease has ended. 0 to 3,600,000.
   *
   * @default 250
   */
  readonly skewToleranceMs?: Milliseconds | undefined;
  /**
   * Where the manager tells what is no request: a result that cannot be stored, a heartbeat that
   * failed.
   *
   * @default the table's
   */
  readonly monitoring?: Monitoring | undefined;
}

/** The options of a manager that opens its table itself: those of the table, too. */
export interface DoOnceTableOptions extends PartitionedRowsOptions, DoOnceManagerOptions {}

/** What one call adds. */
export interface PayloadOptions extends CallOptions {
  /**
   * What the action is about: anything that JSON can hold. Its hash is stored, and another call of
   * the same key with another payload is refused with a `DoOnceMismatchError`. An object whose class
   * hides a part of its state (private fields, accessors) needs a `toJSON`.
   */
  readonly payload?: unknown;
  /**
   * Ends the call with its reason: at once, or after 250 ms where a claim is under way, which is then
   * given back in the background. An action that has begun sees it as the abort of `context.signal`: it
   * may reject, or run to its end and be marked as done; where that is not answered within 1.5 seconds,
   * the call ends, and the mark goes on in the background.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What one call of `doOnce` may be given. */
export interface DoOnceOptions extends DoOnceBehaviour, PayloadOptions {}

/** What one call of `transact` may be given. */
export interface DoOnceTransactOptions extends InProgressOptions, PayloadOptions {
  /**
   * Turns a map of native values into a row in wire shape. Pass `(item) => item` for writes that
   * are in wire shape already.
   *
   * @default native values as `documentCodec` stores them; properties that are `undefined` are left out
   */
  readonly marshall?: Marshall | undefined;
}

/** How an action is marked as done. */
export interface MarkDoneOptions extends Pick<InProgressOptions, 'ttlSeconds'>, PayloadOptions {
  /**
   * What came of it, for later callers and `getDone`: stored with the manager's `storeResult`, as JSON
   * where it has none. Refused before anything is sent where that cannot store it.
   */
  readonly result?: unknown;
}

/** Turns a map of native values into a row in wire shape. */
export type Marshall = (
  native: Record<string, unknown>,
  // oxlint-disable-next-line typescript/no-explicit-any -- wire shapes and native ones both fit
) => Record<string, any>;

/** How `once` finds the key of a call. `A` are the arguments of the function. */
export interface OnceOptions<Key extends string, A extends readonly unknown[]>
  extends Omit<DoOnceBehaviour, 'leaseMs'>, CallOptions {
  /** Whose action it is. */
  readonly userId: (...args: A) => Key;
  /** Which action of that user it is. */
  readonly key: (...args: A) => DoOnceActionKey;
  /**
   * The lease, or what makes it of the arguments: in a Lambda, the time that is left,
   * `(_event, context) => context.getRemainingTimeInMillis()`.
   *
   * @default the manager's
   */
  readonly leaseMs?: Milliseconds | ((...args: A) => Milliseconds) | undefined;
  /** What must be the same in each call of the same key. */
  readonly payload?: ((...args: A) => unknown) | undefined;
}

/** What is to be done once. */
export type Action<T> = (context: DoOnceContext) => T | Promise<T>;

/** What an action is given. */
export interface DoOnceContext {
  /** The id of this call. */
  readonly owner: string;
  /**
   * Whether an earlier run may have begun and not come to its end: the claim was taken over.
   */
  readonly isTakeover: boolean;
  /**
   * Aborts, with a `DoOnceLeaseLostError`, when the lease is lost: another caller may act from then
   * on. Looked at first, it starts a timer that does not keep the process alive. Aborts, too, with the
   * `signal` of the call, and its reason.
   */
  readonly signal: AbortSignal;
  /** When the claim was made, by this process's clock. */
  readonly startedAtMs: EpochMS;
  /**
   * How long the lease still runs, in milliseconds; 0 when it is lost, which it stays; `Infinity`
   * with `takeover: false`. Computed when asked, so that it is right also after the process stood still.
   */
  readonly remainingMs: number;
}
