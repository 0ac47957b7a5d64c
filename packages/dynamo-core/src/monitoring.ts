import { systemClock, type Clock } from './clock.js';
import { lazyTransport, onFirstUse } from './send.js';
import type { DynamoTransport } from './transport.js';
import { errorName, InvalidInputError } from './errors.js';
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
  const { logger, metrics } = given;
  return {
    logger: logger && {
      debug: (...line) => quietly(() => logger.debug(...line)),
      info: (...line) => quietly(() => logger.info(...line)),
      warn: (...line) => quietly(() => logger.warn(...failure(...line))),
      error: (...line) => quietly(() => logger.error(...failure(...line))),
    },
    metrics: metrics && {
      increment: (...stat) => quietly(() => metrics.increment(...stat)),
      timing: (...stat) => quietly(() => metrics.timing(...stat)),
    },
  };
}

/** Drops what is thrown or rejected: nobody is left to hear of it, and no result depends on it. */
function quietly(report: () => unknown): void {
  const reported = async (): Promise<unknown> => await report();
  reported().catch(() => {});
}

/** What a logger gets of a failure: the name of the error in the text, and no more of it than is safe. */
function failure(message: string, error?: unknown): [string, error?: Error] {
  if (error === undefined) return [cut(message)];
  const said = shown(error);
  return [`${cut(message)}: ${said.name}`, said];
}

/** An error without what else it carries: the SDK's holds rows. Few of its causes, as it may be its own. */
function shown(error: unknown, causes = 4): Error {
  const { message = '', code, $metadata, cause } = Object(error) as Partial<SdkError>;
  return Object.assign(new Error(cut(message)), {
    name: errorName(error) ?? typeof error,
    code,
    $metadata,
    cause: causes && cause && shown(cause, causes - 1),
  });
}

interface SdkError extends Error {
  readonly code: unknown;
  readonly $metadata: unknown;
}

function cut(text: unknown): string {
  return String(text).slice(0, 500);
}
