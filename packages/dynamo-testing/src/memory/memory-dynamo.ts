import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import {
  dynamoTableName,
  InvalidInputError,
  toCloudFormation,
  type AnswerMetadata,
  type CallOptions,
  type Clock,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type Item,
  type TableDefinition,
} from '@x/dynamo-core';
import { checkedClock, checkedOptions, preload, type OptionNames } from '@x/dynamo-core/mechanism';

import { acceptInput } from './accept-input.js';
import { commandOperation } from './command-operation.js';
import {
  isMemoryOperation,
  operations,
  type MemoryInput,
  type MemoryOperation,
  type MemoryOutput,
} from './operations/operations.js';
import { ServiceError, UnsupportedFeatureError } from './service-errors.js';
import { Database } from './store/database.js';
import { readTableResource, tableResourceOf, type TableResource } from './table-resource.js';
import { copyItem } from './values/copy-value.js';

/** How a `MemoryDynamo` tells the time, and what it does about expiry. */
export interface MemoryDynamoOptions {
  /** The time that Time to Live and the tokens of transactions go by. @default systemClock */
  readonly clock?: Clock | undefined;
  /**
   * Whether items past their Time to Live go away: with `'on'` before the next request to their
   * table. Off is the better adversary, because DynamoDB may take days to delete an expired item.
   *
   * @default 'off'
   */
  readonly ttl?: 'off' | 'on' | undefined;
}

const optionNames: OptionNames<MemoryDynamoOptions> = { clock: true, ttl: true };

const { setTimeout: realTimeout } = globalThis;

/**
 * A DynamoDB inside the process, without a port and without a process of its own: what every
 * primitive accepts as `dynamo`. It answers as DynamoDB does (conditions, updates, transactions,
 * limits, capacity, exceptions); what it cannot emulate it refuses by name with an
 * {@link UnsupportedFeatureError}, so that a test never passes by accident.
 *
 * Each call is one atomic step, applied when it is made. Nothing is shared: what goes in and what
 * comes out is copied.
 *
 * @example
 * ```ts
 * import { MemoryDynamo } from '@x/dynamo-testing';
 *
 * const dynamo = new MemoryDynamo();
 * const TableName = dynamo.createTable({ name: 'users', partitionKey: { name: 'id', type: 'S' } });
 * await dynamo.call('PutItem', { TableName, Item: { id: { S: 'ann' } } });
 * console.log(dynamo.rows(TableName)); // [{ id: { S: 'ann' } }]
 * ```
 */
export class MemoryDynamo implements DynamoTransport {
  /** It answers within this process. */
  readonly usesSockets = false;
  readonly #database: Database;
  /** What packages load on first use, loaded before the first answer under faked timers. */
  #preloaded: Promise<void> | undefined;

  /** @throws {InvalidInputError} for options that are none. */
  constructor(options: MemoryDynamoOptions = {}) {
    const { clock, ttl = 'off' } = checkedOptions(options, optionNames);
    if (ttl !== 'off' && ttl !== 'on') throw new InvalidInputError('ttl', ttl, "'on' or 'off'");
    this.#database = new Database(checkedClock(clock), ttl);
  }

  /**
   * Carries out one operation at once, as the primitives' transport. The answer has the shape of
   * the SDK's; a failure is thrown with the `name` of the SDK's exception.
   *
   * @throws {UnsupportedFeatureError} for an operation or a field that is not emulated.
   * @example
   * ```ts
   * import { MemoryDynamo } from '@x/dynamo-testing';
   *
   * const { TableNames } = await new MemoryDynamo().call('ListTables', {});
   * console.log(TableNames); // []
   * ```
   */
  call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options?: CallOptions,
  ): Promise<DynamoOutput<O>>;
  call<O extends MemoryOperation>(
    operation: O,
    input: MemoryInput<O>,
    options?: CallOptions,
  ): Promise<MemoryOutput<O>>;
  async call(operation: string, input: object, { signal }: CallOptions = {}): Promise<object> {
    signal?.throwIfAborted();
    const output = this.#run(operation, input);
    // A call that waits for its code would lose the time by which a test moves them meanwhile.
    if (timersAreFaked()) await (this.#preloaded ??= preload());
    // Not enumerable: a test compares what DynamoDB says, and not when.
    return Object.defineProperty({ ...output }, '$metadata', { value: this.#metadata() });
  }

  /**
   * Carries out a command of `@aws-sdk/client-dynamodb`, as `DynamoDBClient.send` does. Commands
   * of the document client are refused.
   *
   * @throws {UnsupportedFeatureError} for an operation or a field that is not emulated.
   * @example
   * ```ts
   * import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
   * import { MemoryDynamo } from '@x/dynamo-testing';
   *
   * const { TableNames } = await new MemoryDynamo().send(new ListTablesCommand({}));
   * console.log(TableNames); // []
   * ```
   */
  async send<Output extends object>(
    command: SdkCommand<Output>,
    { abortSignal }: { readonly abortSignal?: AbortSignal | undefined } = {},
  ): Promise<Output> {
    if (abortSignal?.aborted) {
      throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    }
    const output = this.#run(commandOperation(command), command.input);
    const $metadata = {
      httpStatusCode: 200,
      attempts: 1,
      totalRetryDelay: 0,
      ...this.#metadata(),
    };
    return { $metadata, ...output } as unknown as Output;
  }

  /**
   * Makes an empty table: from the definition of a package, with its keys and its Time to Live, or
   * from a resource of a CloudFormation template or an input of CreateTable, with its indexes, too.
   * Nothing to wait for.
   *
   * A definition has a logical name. With `PARADOX_ENV` set, its table has the name that the
   * primitives look for (`dynamoTableName(name)`); without it, the logical name.
   *
   * Of a resource or an input, what changes nothing in a test (streams, backups, encryption,
   * throughput) is left out.
   *
   * @param name The table's name, if it is not that of the definition or the resource.
   * @returns the table's name
   * @throws ResourceInUseException (by name) when there is such a table.
   * @throws {InvalidInputError} for what is no table, or has no name or a field that is none.
   * @example
   * ```ts
   * import { MemoryDynamo } from '@x/dynamo-testing';
   *
   * const dynamo = new MemoryDynamo();
   * dynamo.createTable({ name: 'users', partitionKey: { name: 'id', type: 'S' } });
   * dynamo.createTable({
   *   Type: 'AWS::DynamoDB::Table',
   *   Properties: {
   *     TableName: 'orders',
   *     AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
   *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
   *   },
   * });
   * ```
   */
  createTable(
    table: TableDefinition | TableResource | CreateTableCommandInput,
    name?: string,
  ): string {
    const resource = tableResourceOf(table) ?? ownResource(table as TableDefinition, name);
    const { input, ttlAttribute } = readTableResource(resource, name);
    operations.CreateTable(this.#database, acceptInput(input));
    const tableName = input.TableName as string;
    this.#database.resource(tableName).expireBy(ttlAttribute);
    return tableName;
  }

  /**
   * A copy of every row of a table, partition by partition, each by its sort key. The order of the
   * partitions is that of a scan and says nothing.
   *
   * @throws ResourceNotFoundException (by name) when there is no such table.
   * @example
   * ```ts
   * import { MemoryDynamo } from '@x/dynamo-testing';
   *
   * const dynamo = new MemoryDynamo();
   * const TableName = dynamo.createTable({ name: 'users', partitionKey: { name: 'id', type: 'S' } });
   * console.log(dynamo.rows(TableName)); // []
   * ```
   */
  rows(tableName: string): Item[] {
    const { rows } = this.#database.resource(tableName);
    return Array.from(rows.all(), ({ item }) => copyItem(item));
  }

  /**
   * Deletes the items whose Time to Live has passed, from every table that has one, also when
   * `ttl` is off. Returns how many.
   *
   * @example
   * ```ts
   * import { MemoryDynamo } from '@x/dynamo-testing';
   *
   * console.log(new MemoryDynamo().sweep()); // 0
   * ```
   */
  sweep(): number {
    return this.#database.sweep();
  }

  #run(operation: string, input: object): object {
    if (!isMemoryOperation(operation)) throw new UnsupportedFeatureError(operation);
    const handle = operations[operation] as (database: Database, input: object) => object;
    try {
      return handle(this.#database, acceptInput(input ?? {}));
    } catch (error) {
      if (error instanceof ServiceError) Object.assign(error.$metadata, this.#metadata());
      throw error;
    }
  }

  /** The time of an answer, in whole seconds, as the header `Date` has it. */
  #metadata(): AnswerMetadata {
    return { serverTimeMs: Math.floor(this.#database.clock.now() / 1000) * 1000 };
  }
}

function ownResource(definition: TableDefinition, name: string | undefined): TableResource {
  const { name: logicalName } = definition;
  const usual = process.env['PARADOX_ENV'] ? dynamoTableName(logicalName) : logicalName;
  return toCloudFormation(definition, name ?? usual);
}

/** The part of the SDK's commands that is used. */
export interface SdkCommand<Output extends object> {
  readonly input: object;
  /** Never there: it tells the compiler what comes back. */
  readonly resolveMiddleware?: (
    ...input: never[]
  ) => (...input: never[]) => Promise<{ output: Output }>;
}

/** What runners that fake timers put in its place, also before this module is loaded, says so. */
function timersAreFaked(): boolean {
  const { setTimeout } = globalThis;
  return setTimeout !== realTimeout || 'clock' in setTimeout || '_isMockFunction' in setTimeout;
}
