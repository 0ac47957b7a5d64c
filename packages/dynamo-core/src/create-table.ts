import { checkedClock, type Clock } from './clock.js';
import { errorName } from './errors.js';
import { DynamoPrimitiveError } from './primitive-errors.js';
import type { CallOptions, DynamoInput, DynamoOutput, DynamoTransport } from './transport.js';
import { toTransport, type Dynamo } from './connection.js';
import { bounded } from './send.js';
import { checkKeyText, checkedOptions, checkPositive } from './input-checks.js';
import { checkDefinition, keysOf } from './mappings.js';
import type { TableDefinition } from './table-definition.js';

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
    super(`Cannot use table "${tableName}": it is ${status} after ${waitMsMax} ms`);
    this.tableName = tableName;
  }
}

/** A table of this name exists that the primitive cannot use. Nothing was changed. */
export class TableMismatchError extends DynamoPrimitiveError {
  static override readonly code = 'TableMismatch';

  readonly tableName: string;

  constructor(tableName: string, reason: string) {
    super(`Cannot use table "${tableName}": ${reason}`);
    this.tableName = tableName;
  }
}

const pollMs = 250;

/**
 * Creates the table of a primitive, on demand (pay per request), waits until it is active and turns
 * Time to Live on. Waits, too, while an old table of the name is being deleted. A table that exists
 * already is left as it is, but for Time to Live, which is turned on when it is off. For development
 * and tests; in production, `toCloudFormation` prints the resource.
 *
 * Sends CreateTable, DescribeTable until the table is active, DescribeTimeToLive and, where it is
 * off, UpdateTimeToLive; none of them costs capacity. It may be repeated, and run twice at once. The
 * SDK's errors pass through. Throws a `TableMismatchError` for a table with another key, or with Time
 * to Live on another attribute, a `TableNotActiveError` after `waitMsMax`, an `InvalidInputError` when
 * that is not above zero.
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
  const names = { waitMsMax: checkPositive, clock: true, signal: true } as const;
  const { waitMsMax = 60_000, clock: given, signal } = checkedOptions(options, names);
  const clock = checkedClock(given);
  checkDefinition(definition);
  checkKeyText('tableName', tableName, 2048);
  const transport = bounded(toTransport(dynamo), clock, waitMsMax);
  const target = { transport, tableName, definition, clock, signal };
  await create(target);
  const table = await untilActive(target, waitMsMax);
  checkKey(target, table);
  if (definition.ttlAttribute !== undefined) await turnTtlOn(target, definition.ttlAttribute);
}

/** What is created, and through what. */
interface Target extends CallOptions {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly definition: TableDefinition;
  readonly clock: Clock;
}

async function create({ transport, tableName, definition, signal }: Target): Promise<void> {
  const input = { TableName: tableName, ...propertiesOf(definition) };
  try {
    await transport.call('CreateTable', input, { signal });
  } catch (error) {
    // Also what the SDK's repeat of an applied request is answered with.
    if (errorName(error) !== 'ResourceInUseException') throw error;
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
  checkDefinition(definition);
  if (tableName !== undefined) checkKeyText('tableName', tableName, 255);
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      ...(tableName !== undefined && { TableName: tableName }),
      ...propertiesOf(definition),
      ...(definition.ttlAttribute !== undefined && {
        TimeToLiveSpecification: { AttributeName: definition.ttlAttribute, Enabled: true },
      }),
    },
  };
}

type Properties = Omit<DynamoInput<'CreateTable'>, 'TableName'>;

/** What CreateTable and CloudFormation take, each by the same names. */
function propertiesOf(definition: TableDefinition): Properties {
  const keys = keysOf(definition);
  return {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keys.map(({ name }, index) => ({
      AttributeName: name,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
  };
}

type Description = NonNullable<DynamoOutput<'DescribeTable'>['Table']>;

async function untilActive(target: Target, waitMsMax: number): Promise<Description> {
  const { clock, signal, tableName } = target;
  const giveUpAt = clock.monotonic() + waitMsMax;
  for (;;) {
    const table = await describe(target);
    if (table?.TableStatus === 'ACTIVE') return table;
    if (clock.monotonic() >= giveUpAt) {
      throw new TableNotActiveError(tableName, table?.TableStatus ?? 'not visible', waitMsMax);
    }
    // An old one is deleted by now; one that was just created is refused once more.
    if (table === undefined) await create(target);
    await clock.sleep(pollMs, { signal });
  }
}

async function describe({
  transport,
  tableName,
  signal,
}: Target): Promise<Description | undefined> {
  try {
    return (await transport.call('DescribeTable', { TableName: tableName }, { signal })).Table;
  } catch (error) {
    // What is described is eventually consistent: it may not show a table that was just created.
    if (errorName(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

function checkKey(
  { tableName, definition }: Target,
  { KeySchema = [], AttributeDefinitions = [] }: Description,
): void {
  const types = new Map(
    AttributeDefinitions.map((each) => [each.AttributeName, each.AttributeType]),
  );
  const actual = KeySchema.map(({ AttributeName: name }) => `${name} (${types.get(name)})`);
  const wanted = keysOf(definition).map(({ name, type }) => `${name} (${type})`);
  if (actual.join() === wanted.join()) return;
  const keys = `its key is ${actual.join(', ')}, not ${wanted.join(', ')}`;
  throw new TableMismatchError(tableName, `${keys}; use another table, or map the names`);
}

async function turnTtlOn(target: Target, attributeName: string): Promise<void> {
  if (await isTtlOn(target, attributeName)) return;
  const { transport, tableName: TableName, signal } = target;
  const TimeToLiveSpecification = { AttributeName: attributeName, Enabled: true };
  try {
    await transport.call('UpdateTimeToLive', { TableName, TimeToLiveSpecification }, { signal });
  } catch (error) {
    // A repeat of an applied request is refused, and so is the later one of two processes.
    const isRefused = errorName(error) === 'ValidationException';
    if (!isRefused || !(await isTtlOn(target, attributeName))) throw error;
  }
}

async function isTtlOn(
  { transport, tableName, signal }: Target,
  attributeName: string,
): Promise<boolean> {
  const input = { TableName: tableName };
  const { TimeToLiveDescription } = await transport.call('DescribeTimeToLive', input, { signal });
  const { TimeToLiveStatus: status, AttributeName: actual } = TimeToLiveDescription ?? {};
  if (status !== 'ENABLED' && status !== 'ENABLING') return false;
  if (actual === attributeName) return true;
  const names = `its Time to Live looks at ${actual}, not ${attributeName}`;
  throw new TableMismatchError(tableName, `${names}; map ttlFieldName, or use another table`);
}
