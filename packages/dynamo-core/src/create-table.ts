import { errorName } from './error-name.js';
import { systemClock, type Clock } from './clock.js';
import { DynamoPrimitiveError } from './errors.js';
import { checkPositive } from './input-checks.js';
import { checkedOptions } from './option-names.js';
import type { KeyAttribute, TableDefinition } from './table-definition.js';
import { toTransport, type CallOptions, type Dynamo, type DynamoTransport } from './transport.js';

/** How long a new table is waited for. */
export interface CreateTableOptions extends CallOptions {
  /** How long to wait for the table to become active. @default 60000 */
  readonly waitMsMax?: number | undefined;
  /** @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** A table did not become active in time. It may still do so. */
export class TableNotActiveError extends DynamoPrimitiveError {
  static override readonly code = 'TableNotActive';

  readonly tableName: string;

  constructor(tableName: string, status: string, waitMsMax: number) {
    super(
      TableNotActiveError.code,
      `Cannot use table "${tableName}": it is ${status} after ${waitMsMax} ms`,
    );
    this.tableName = tableName;
  }
}

const pollMs = 250;

/**
 * Creates the table of a primitive, on demand (pay per request), waits until it is active and turns
 * Time to Live on. A table that exists already is left as it is, but for Time to Live, which is
 * turned on when it is off. For development and tests; in production, `toCloudFormation` prints the
 * resource.
 *
 * Sends CreateTable, DescribeTable until the table is active, DescribeTimeToLive and, where it is
 * off, UpdateTimeToLive; none of them costs capacity. It may be repeated, and run twice at once. The
 * SDK's errors pass through. Throws a `TableNotActiveError` after `waitMsMax`, an
 * `InvalidInputError` when that is not above zero.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { createTable, keysTable } from '@x/dynamo-core';
 *
 * await createTable(new DynamoDBClient(), keysTable, 'my-keys');
 * ```
 */
export async function createTable(
  dynamo: Dynamo,
  definition: TableDefinition,
  tableName: string,
  options?: CreateTableOptions,
): Promise<void> {
  const names = { waitMsMax: true, clock: true, signal: true } as const;
  const { waitMsMax = 60_000, clock = systemClock, signal } = checkedOptions(options, names);
  checkPositive('waitMsMax', waitMsMax);
  const transport = toTransport(dynamo);
  const keys = keysOf(definition);
  try {
    await transport.call(
      'CreateTable',
      {
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
        KeySchema: keySchema(definition),
      },
      { signal },
    );
  } catch (error) {
    // Also what the SDK's repeat of an applied request is answered with.
    if (errorName(error) !== 'ResourceInUseException') throw error;
  }
  await untilActive(transport, tableName, waitMsMax, clock, signal);
  if (definition.ttlAttribute !== undefined) {
    await turnTtlOn(transport, tableName, definition.ttlAttribute, signal);
  }
}

/**
 * The table as a CloudFormation resource, to be put under `Resources` of a template. Sends nothing.
 *
 * @example
 * ```ts
 * import { keysTable, toCloudFormation } from '@x/dynamo-core';
 *
 * console.log(JSON.stringify({ Resources: { Keys: toCloudFormation(keysTable) } }, null, 2));
 * ```
 */
export function toCloudFormation(
  definition: TableDefinition,
  tableName?: string,
): Record<string, unknown> {
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      ...(tableName !== undefined && { TableName: tableName }),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keysOf(definition).map(({ name, type }) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      KeySchema: keySchema(definition),
      ...(definition.ttlAttribute !== undefined && {
        TimeToLiveSpecification: { AttributeName: definition.ttlAttribute, Enabled: true },
      }),
    },
  };
}

function keysOf({ partitionKey, sortKey }: TableDefinition): readonly KeyAttribute[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

function keySchema(
  definition: TableDefinition,
): { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[] {
  return keysOf(definition).map(({ name }, index) => ({
    AttributeName: name,
    KeyType: index === 0 ? 'HASH' : 'RANGE',
  }));
}

async function untilActive(
  transport: DynamoTransport,
  tableName: string,
  waitMsMax: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const giveUpAt = clock.monotonic() + waitMsMax;
  for (;;) {
    const status = await statusOf(transport, tableName, signal);
    if (status === 'ACTIVE') return;
    if (clock.monotonic() >= giveUpAt) throw new TableNotActiveError(tableName, status, waitMsMax);
    await clock.sleep(pollMs, { signal });
  }
}

async function statusOf(
  transport: DynamoTransport,
  tableName: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const output = await transport.call('DescribeTable', { TableName: tableName }, { signal });
    return output.Table?.TableStatus ?? 'of unknown state';
  } catch (error) {
    // What is described is eventually consistent: it may not show a table that was just created.
    if (errorName(error) === 'ResourceNotFoundException') return 'not visible';
    throw error;
  }
}

async function turnTtlOn(
  transport: DynamoTransport,
  tableName: string,
  attributeName: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await isTtlOn(transport, tableName, signal)) return;
  try {
    await transport.call(
      'UpdateTimeToLive',
      {
        TableName: tableName,
        TimeToLiveSpecification: { AttributeName: attributeName, Enabled: true },
      },
      { signal },
    );
  } catch (error) {
    // A repeat of an applied request is refused, and so is the later of two that met.
    if (
      errorName(error) === 'ValidationException' &&
      (await isTtlOn(transport, tableName, signal))
    ) {
      return;
    }
    throw error;
  }
}

async function isTtlOn(
  transport: DynamoTransport,
  tableName: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const input = { TableName: tableName };
  const { TimeToLiveDescription } = await transport.call('DescribeTimeToLive', input, { signal });
  const status = TimeToLiveDescription?.TimeToLiveStatus;
  return status === 'ENABLED' || status === 'ENABLING';
}
