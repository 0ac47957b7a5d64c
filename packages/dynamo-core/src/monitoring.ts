import { systemClock, type Clock } from './clock.js';
import { lazyTransport, onFirstUse } from './on-first-use.js';
import type { DynamoTransport } from './transport.js';

/**
 * Where messages go. `console` and the Logger of AWS Powertools fit as they are, one of pino through
 * `pinoLogger`.
 */
export interface Logger {
  // At most one of them: rest parameters are what the Logger of AWS Powertools fits.
  debug(message: string, ...context: Record<string, unknown>[]): void;
  info(message: string, ...context: Record<string, unknown>[]): void;
  warn(message: string, ...error: unknown[]): void;
  error(message: string, ...error: unknown[]): void;
}

/** Where measurements go. */
export interface Metrics {
  increment(stat: string, value: number, tags?: Record<string, string>): void;
  timing(stat: string, value: number, tags?: Record<string, string>): void;
}

/**
 * What a primitive tells about its requests. Nothing by default.
 *
 * Nothing that is stored gets there. An error comes as a copy of its name, message, stack, `code`,
 * `$metadata` and causes, and long texts are cut. What a logger or metrics throw, or reject with, is
 * dropped: it changes no result.
 */
export interface Monitoring {
  /**
   * Gets one `debug` message for each request that DynamoDB carried out, or whose condition it
   * refused: that is an outcome. One `warn`, with the name of the error, for each that failed.
   */
  readonly logger?: Logger | undefined;
  /**
   * Gets, for each request, `dynamo.request` (timing, milliseconds) and `dynamo.capacity` (consumed
   * units). One whose condition DynamoDB refused counts as `dynamo.refused`; its answer holds no
   * units, so they come from the sizes of the rows. One that failed counts as `dynamo.error`, with the tag
   * `error`. Tags: `operation` and `table`.
   */
  readonly metrics?: Metrics | undefined;
}

const reported = /* @__PURE__ */ onFirstUse(() => import('./reported-requests.js'));

/** Wraps a transport so that each request is reported. Without monitoring it is left as it is. */
export function monitored(
  transport: DynamoTransport,
  monitoring: Monitoring = {},
  clock: Clock = systemClock,
): DynamoTransport {
  if (monitoring.logger === undefined && monitoring.metrics === undefined) return transport;
  return lazyTransport(transport, async () => {
    const { reporting } = await reported();
    return reporting(transport, monitoring, clock);
  });
}
