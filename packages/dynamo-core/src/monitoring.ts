import { cancellationReasons } from './cancellation-reasons.js';
import { systemClock, type Clock } from './clock.js';
import { refusedUnits } from './refused-units.js';
import type {
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
} from './transport.js';
import { errorName, isConditionalCheckFailed } from './errors.js';

export { guarded } from './guarded-monitoring.js';

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

/** Wraps a transport so that each request is reported. Without monitoring it is left as it is. */
export function monitored(
  transport: DynamoTransport,
  monitoring: Monitoring = {},
  clock: Clock = systemClock,
): DynamoTransport {
  const { logger, metrics } = monitoring;
  if (logger === undefined && metrics === undefined) return transport;
  return {
    async call(operation, input, options) {
      const tags = { operation, table: tablesOf(input) };
      const startedAt = clock.monotonic();
      try {
        const output: DynamoOutput<typeof operation> = await (metrics === undefined
          ? transport.call(operation, input, options)
          : callWithCapacity(transport, operation, input, options));
        logger?.debug(`dynamo ${operation}`, tags);
        reportCapacity(metrics, output, tags);
        return output;
      } catch (error) {
        if (isRefused(error)) {
          logger?.debug(`dynamo ${operation} refused`, tags);
          metrics?.increment('dynamo.refused', 1, tags);
          metrics?.increment('dynamo.capacity', refusedUnits(input, error), tags);
        } else {
          logger?.warn(`dynamo ${operation} failed on ${tags.table}`, error);
          const name = errorName(error) ?? typeof error;
          metrics?.increment('dynamo.error', 1, { ...tags, error: name });
        }
        throw error;
      } finally {
        metrics?.timing('dynamo.request', clock.monotonic() - startedAt, tags);
      }
    },
  };
}

/** Whether a condition is why DynamoDB did nothing. */
function isRefused(error: unknown): boolean {
  return (
    isConditionalCheckFailed(error) ||
    cancellationReasons(error)?.some(({ code }) => code === 'ConditionalCheckFailed') === true
  );
}

function callWithCapacity<O extends DynamoOperation>(
  transport: DynamoTransport,
  operation: O,
  input: DynamoInput<O>,
  options: RequestOptions<O> = {},
): Promise<DynamoOutput<O>> {
  // Operations on tables have none.
  if (/Table|Live/.test(operation)) return transport.call(operation, input, options);
  const ask = (asked: DynamoInput<O>): DynamoInput<O> => ({
    ...asked,
    ReturnConsumedCapacity: 'TOTAL',
  });
  const { signal, rebuild } = options;
  return transport.call(operation, ask(input), {
    signal,
    rebuild: rebuild && ((refusal) => ask(rebuild(refusal))),
  });
}

interface TableCapacity {
  readonly TableName?: string | undefined;
  readonly CapacityUnits?: number | undefined;
}

function reportCapacity(
  metrics: Metrics | undefined,
  output: Partial<DynamoOutput<'GetItem' | 'BatchGetItem'>>,
  { operation, table }: { operation: string; table: string },
): void {
  const consumed: TableCapacity[] = [output.ConsumedCapacity ?? []].flat();
  for (const { TableName = table, CapacityUnits } of consumed) {
    if (CapacityUnits === undefined) continue;
    metrics?.increment('dynamo.capacity', CapacityUnits, { operation, table: TableName });
  }
}

function tablesOf(input: object): string {
  const { TableName, RequestItems, TransactItems } = input as {
    TableName?: string;
    RequestItems?: object;
    TransactItems?: Record<string, { TableName?: string }>[];
  };
  if (TableName !== undefined) return TableName;
  const names = TransactItems?.flatMap((item) => Object.values(item).map((part) => part.TableName));
  return [...new Set(names ?? Object.keys(RequestItems ?? {}))].join(',');
}
