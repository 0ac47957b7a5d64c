import { errorName } from './error-name.js';
import { systemClock, type Clock } from './clock.js';
import type {
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
} from './transport.js';

/** Where messages go. `console` fits. */
export interface Logger {
  debug(message: string, context?: Record<string, unknown>): void;
  info(message: string, context?: Record<string, unknown>): void;
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
}

/** Where measurements go. */
export interface Metrics {
  increment(stat: string, value: number, tags?: Record<string, string>): void;
  timing(stat: string, value: number, tags?: Record<string, string>): void;
}

/** What a primitive tells about its requests. Nothing by default. */
export interface Monitoring {
  /** Gets one `debug` message for each request and one `warn` for each that failed. */
  readonly logger?: Logger;
  /**
   * Gets, for each request: `dynamo.request` (timing, milliseconds), `dynamo.error` (a count) and,
   * as DynamoDB reports it, `dynamo.capacity` (consumed units). Tags: `operation` and `table`.
   */
  readonly metrics?: Metrics;
}

/** Wraps a transport so that each request is reported. Without monitoring it is left as it is. */
export function monitored(
  transport: DynamoTransport,
  { logger, metrics }: Monitoring = {},
  clock: Clock = systemClock,
): DynamoTransport {
  if (logger === undefined && metrics === undefined) return transport;
  return {
    async call(operation, input, options) {
      const tags = { operation, table: tablesOf(input) };
      const startedAt = clock.monotonic();
      let output: DynamoOutput<typeof operation>;
      try {
        output = await (metrics === undefined
          ? transport.call(operation, input, options)
          : callWithCapacity(transport, operation, input, options));
      } catch (error) {
        logger?.warn(`dynamo ${operation} failed on ${tags.table}`, error);
        metrics?.increment('dynamo.error', 1, { ...tags, error: errorName(error) ?? typeof error });
        throw error;
      } finally {
        metrics?.timing('dynamo.request', clock.monotonic() - startedAt, tags);
      }
      // Outside of the try: a logger that throws is not an error of the request.
      logger?.debug(`dynamo ${operation}`, tags);
      reportCapacity(metrics, output, tags);
      return output;
    },
  };
}

const withoutCapacity: readonly DynamoOperation[] = [
  'CreateTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'UpdateTimeToLive',
];

function callWithCapacity<O extends DynamoOperation>(
  transport: DynamoTransport,
  operation: O,
  input: DynamoInput<O>,
  options: RequestOptions<O> = {},
): Promise<DynamoOutput<O>> {
  if (withoutCapacity.includes(operation)) return transport.call(operation, input, options);
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

/**
 * Tells the logger, if there is one, of what went wrong in the background. A logger that fails has
 * nobody to tell, and must not change what becomes of the work.
 */
export function warn(logger: Logger | undefined, message: string, error?: unknown): void {
  try {
    logger?.warn(message, error);
  } catch {
    // See above.
  }
}
