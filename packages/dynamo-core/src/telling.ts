import type { Clock } from './clock.js';
import type { Channel, ChannelMessage } from './diagnostics-channels.js';

/** When something began that a channel hears of when it has ended. */
export interface Beginning {
  readonly clock: Clock;
  readonly startedMs: number;
}

/**
 * Begins what a channel hears of when it has ended. To be called where the channel `hasSubscribers`:
 * what nobody listens to costs nothing.
 */
export function beginning(clock: Clock): Beginning {
  return { clock, startedMs: clock.monotonic() };
}

/** Tells the channel that it has ended. What a subscriber throws changes no result. */
export function tell<Outcome extends string>(
  channel: Channel<ChannelMessage<Outcome>>,
  begun: Beginning | undefined,
  key: string,
  outcome: Outcome,
): void {
  if (begun === undefined || !channel.hasSubscribers) return;
  const durationMs = begun.clock.monotonic() - begun.startedMs;
  publishQuietly(channel, { key, durationMs, outcome });
}

/** Publishes. Node.js reports what a subscriber throws by itself; other runtimes may throw it here. */
export function publishQuietly<Message>(channel: Channel<Message>, message: Message): void {
  try {
    channel.publish(message);
  } catch {
    // Nobody is left to hear of it, and no result depends on it.
  }
}
