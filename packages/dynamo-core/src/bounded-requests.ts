import { deadline } from './abortable.js';
import type { Clock } from './clock.js';
import type { DynamoTransport } from './transport.js';

/**
 * A transport whose requests all end: at the moment when their signal aborts, and after `ms`
 * milliseconds in any case. An endpoint may accept a connection and never answer. What answers
 * within the process (`usesSockets: false`) is left as it is.
 */
export function bounded(transport: DynamoTransport, clock: Clock, ms: number): DynamoTransport {
  if (transport.usesSockets === false) return transport;
  return {
    usesSockets: transport.usesSockets,
    call: (operation, input, options) =>
      deadline({ clock, ms, signal: options?.signal }, (signal) =>
        transport.call(operation, input, { signal, rebuild: options?.rebuild }),
      ),
  };
}
