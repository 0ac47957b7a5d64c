import { systemClock, type Clock } from './clock.js';
import { lazyTransport, onFirstUse } from './send.js';
import type { DynamoTransport } from './transport.js';
import { InvalidInputError } from './errors.js';
import { checkedOptions } from './input-checks.js';

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

const telling = /* @__PURE__ */ onFirstUse(() => import('./tell-safely.js'));
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
    await telling();
    return reporting(transport, monitoring, clock);
  });
}

/**
 * Monitoring that may fail, and that gets no more than it should. `connect` makes it of what the user
 * passed, so that those who report need no care. What is left out stays so. Throws an
 * `InvalidInputError` for what is no monitoring.
 */
export function guarded(monitoring?: Monitoring): Monitoring {
  const given = checkedOptions(monitoring, { logger: true, metrics: true }, 'monitoring');
  for (const [field, one] of Object.entries(given)) {
    // What stands for the logger of a request may have no methods outside of one: they are not asked for.
    if (Object(one) !== one) throw new InvalidInputError(field, one, 'an object');
  }
  return {
    logger: quiet(given.logger, 'debug', 'info', 'warn', 'error'),
    metrics: quiet(given.metrics, 'increment', 'timing'),
  };
}

/** The same, which hears of things a moment later. */
function quiet<T extends Logger | Metrics>(one: T | undefined, ...names: readonly (keyof T)[]) {
  const all = names.map((name) => [
    name,
    async (...line: readonly [string, unknown?]) => {
      try {
        await (await telling()).tellSafely(one as T, name, line);
      } catch {
        // Nobody is left to hear of it, and no result depends on it.
      }
    },
  ]);
  return one && (Object.fromEntries(all) as T);
}
