import { diagnosticsChannel, type Channel, type ChannelMessages } from './diagnostics-channels.js';

/** What hears of leases of one kind. */
export interface LeaseChannels {
  readonly acquire: Channel<ChannelMessages['x-dynamo:lock:acquire']>;
  readonly wait: Channel<ChannelMessages['x-dynamo:lock:wait']>;
  readonly lost: Channel<ChannelMessages['x-dynamo:lock:lost']>;
  readonly released: Channel<ChannelMessages['x-dynamo:lock:released']>;
}

/** The channels of locks, or of semaphores. */
export function leaseChannels(kind: 'lock' | 'semaphore'): LeaseChannels {
  return {
    acquire: diagnosticsChannel(`x-dynamo:${kind}:acquire`),
    wait: diagnosticsChannel(`x-dynamo:${kind}:wait`),
    lost: diagnosticsChannel(`x-dynamo:${kind}:lost`),
    released: diagnosticsChannel(`x-dynamo:${kind}:released`),
  };
}
