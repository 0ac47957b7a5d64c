import { systemClock, uncorrected, type Clock, type DynamoClock } from './clock.js';
import { monitored, type Monitoring } from './monitoring.js';
import { systemRandom, type Random } from './random.js';
import { repeatConflicts } from './repeat-conflicts.js';
import { resolveTableName } from './table-name.js';
import { toTransport, withoutNulls, type Dynamo, type DynamoTransport } from './transport.js';

/** What every primitive is constructed with. */
export interface ConnectionOptions {
  /**
   * The user's own client, used as it is: a `DynamoDBClient`, a `DynamoDBDocumentClient`, or
   * another transport.
   *
   * @default a `DynamoDBClient` with the SDK's default configuration, made on the first request
   */
  readonly dynamo?: Dynamo | undefined;
  /**
   * The name of the table. When `PARADOX_ENV` is set, the name must carry that environment.
   *
   * @default `dynamoTableName` of the package's logical table name
   */
  readonly tableName?: string | undefined;
  /** Where requests are reported. @default nowhere */
  readonly monitoring?: Monitoring | undefined;
  /** @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /** @default the platform's generators */
  readonly random?: Random | undefined;
}

/** A table with what it takes to talk to it. */
export interface Connection {
  /** Reports its requests, and repeats what only met a transaction. */
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly clock: DynamoClock;
  readonly random: Random;
  /** Where a primitive tells what is not a request: a heartbeat that failed, for example. */
  readonly monitoring?: Monitoring | undefined;
}

/** Checks the options and puts them together. Sends nothing. */
export function connect(options: ConnectionOptions, logicalTableName: string): Connection {
  const { dynamo, tableName, monitoring, random = systemRandom } = options;
  const clock = uncorrected(options.clock ?? systemClock);
  const transport = monitored(withoutNulls(toTransport(dynamo)), monitoring, clock);
  return {
    transport: repeatConflicts(transport, { clock, random }),
    tableName: resolveTableName(tableName, logicalTableName),
    clock,
    random,
    monitoring,
  };
}
