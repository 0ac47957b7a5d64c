import { nodeModule } from './node-module.js';
import type { DynamoOperation } from './transport.js';

/** What a channel gets once, when the thing has ended. Nothing that is stored is in it. */
export interface ChannelMessage<Outcome extends string = string> {
  /** The key, as error messages show it. */
  readonly key: string;
  /** How long the thing took. */
  readonly durationMs: number;
  readonly outcome: Outcome;
}

/** What the channel of the light client gets of each request. */
export interface RequestMessage {
  readonly operation: DynamoOperation;
  /** The table, or the first one of a batch or a transaction. */
  readonly table: string | undefined;
  readonly attempts: number;
  readonly durationMs: number;
  /** `'ok'`, or the name of the error. */
  readonly outcome: string;
}

/** How a call ends that wants to hold something. */
type AcquireEnd = 'acquired' | 'timeout' | 'aborted' | 'failed';

/**
 * The channels of `node:diagnostics_channel`, by name, with what each gets. The names and what the
 * messages hold are stable: a minor version adds channels and outcomes, and takes none away.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 *
 * import type { ChannelMessages } from '@x/dynamo-core';
 *
 * subscribe('x-dynamo:lock:lost', (message) => {
 *   const { key, durationMs, outcome } = message as ChannelMessages['x-dynamo:lock:lost'];
 *   console.log(`lost "${key}" after ${durationMs} ms: ${outcome}`);
 * });
 * ```
 */
export interface ChannelMessages {
  /** A call that wants a lock has ended. */
  'x-dynamo:lock:acquire': ChannelMessage<AcquireEnd | 'contended'>;
  /** A call has waited for a lock that another held. */
  'x-dynamo:lock:wait': ChannelMessage<AcquireEnd>;
  /** A lock was lost while it was held, after that long. */
  'x-dynamo:lock:lost': ChannelMessage<'expired' | 'unreachable' | 'stolen'>;
  /** A lock was released, after it had been held for that long. */
  'x-dynamo:lock:released': ChannelMessage<'released' | 'superseded' | 'failed'>;
  /** As with locks, for places of a semaphore. */
  'x-dynamo:semaphore:acquire': ChannelMessages['x-dynamo:lock:acquire'];
  'x-dynamo:semaphore:wait': ChannelMessages['x-dynamo:lock:wait'];
  'x-dynamo:semaphore:lost': ChannelMessages['x-dynamo:lock:lost'];
  'x-dynamo:semaphore:released': ChannelMessages['x-dynamo:lock:released'];
  /** An attempt was admitted, and counted or not; or recorded past the limit. */
  'x-dynamo:limited-attempt:admitted': ChannelMessage<'counted' | 'uncounted' | 'recorded'>;
  /** An attempt was refused, and why. */
  'x-dynamo:limited-attempt:refused': ChannelMessage<'attempts' | 'blocked' | 'cost' | 'store'>;
  /** A call that has claimed an action has ended. */
  'x-dynamo:do-once:claim': ChannelMessage<'done' | 'overtaken' | 'failed'>;
  /** A call has taken over the claim of another that had died. */
  'x-dynamo:do-once:takeover': ChannelMessage<'taken'>;
  /** A call found its action done: by another, or by one of the same process that it shared. */
  'x-dynamo:do-once:repeat': ChannelMessage<'done' | 'shared'>;
  /** A change met others of its counter, and has ended. */
  'x-dynamo:counter:conflict': ChannelMessage<'changed' | 'refused' | 'failed'>;
  /** A round of a batch came back with rows that were left; the key is the first of them. */
  'x-dynamo:core:batch-repeat': ChannelMessage<'advanced' | 'stalled' | 'incomplete'>;
  /** A request of the light client has ended. */
  'x-dynamo:light-client:request': RequestMessage;
}

/** The names of the channels. */
export type ChannelName = keyof ChannelMessages;

/** One of the channels: what `node:diagnostics_channel` calls by that name. */
export interface Channel<Message> {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

/**
 * The channel of that name; one without subscribers where a runtime has no such channels. It is not
 * imported: bundles for browsers then need no stand-in for it.
 */
export function diagnosticsChannel<N extends ChannelName>(name: N): Channel<ChannelMessages[N]> {
  const module = nodeModule('node:diagnostics_channel');
  return module?.channel(name) ?? { hasSubscribers: false, publish: () => {} };
}
