import { cancellationReasons } from './transaction-errors.js';
import type { Clock } from './clock.js';
import { errorName, isConditionalCheckFailed } from './errors.js';
import type { Metrics, Monitoring } from './monitoring.js';
import type {
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
  Item,
} from './transport.js';
import { toWireJson } from './token-id.js';

/** See `monitored`. */
export function reporting(
  transport: DynamoTransport,
  { logger, metrics }: Monitoring,
  clock: Clock,
): DynamoTransport {
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
  output: Partial<DynamoOutput<'GetItem' | 'BatchGetItem'>> | undefined,
  { operation, table }: { operation: string; table: string },
): void {
  const consumed: TableCapacity[] = [output?.ConsumedCapacity ?? []].flat();
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

interface Write {
  readonly Item?: Item;
}

/**
 * About the write units of a write whose condition was refused. DynamoDB charges for it and does not
 * say how much: a unit for each kilobyte of the larger one of the existing row and the new one,
 * and twice that in a transaction. The size is the one of their JSON, which is a little larger.
 *
 * Source: "DynamoDB read and write operations", on conditional writes and on transactions, in the
 * Amazon DynamoDB Developer Guide.
 */
export function refusedUnits(input: object, error: unknown): number {
  const { TransactItems } = input as { readonly TransactItems?: readonly Record<string, Write>[] };
  if (TransactItems === undefined) return unitsOf(input, (error as Write).Item);
  const reasons = cancellationReasons(error);
  const units = TransactItems.map(
    (item, index) => 2 * unitsOf(item['Put'] ?? {}, reasons?.[index]?.item),
  );
  return units.reduce((sum, each) => sum + each, 0);
}

function unitsOf(wanted: Write, existing: Write['Item']): number {
  const sizes = [wanted.Item, existing].map((item = {}) => toWireJson(item).length);
  return Math.ceil(Math.max(...sizes) / 1024);
}
