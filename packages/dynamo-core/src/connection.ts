import { afterIdleness } from './after-idleness.js';
import { bounded } from './bounded-requests.js';
import type { DynamoClock } from './clock.js';
import { guarded } from './guarded-monitoring.js';
import { checkPositive } from './input-checks.js';
import { monitored, type Monitoring } from './monitoring.js';
import type { OptionNames } from './option-names.js';
import { systemRandom, type Random } from './random.js';
import { repeatConflicts } from './repeat-conflicts.js';
import { timedByServer, type ClockOptions } from './server-clock.js';
import { resolveTableName } from './table-name.js';
import { toTransport, checkedAnswers, type Dynamo, type DynamoTransport } from './transport.js';

/** What every primitive is constructed with. */
export interface ConnectionOptions extends ClockOptions {
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
  /** @default the platform's generators */
  readonly random?: Random | undefined;
  /**
   * The longest that one request may take, with the SDK's repeats of it, in milliseconds. It then
   * fails with a `TimeoutError`, and may have been applied.
   *
   * @default 30,000
   */
  readonly requestMsMax?: number | undefined;
}

/** The names of `ConnectionOptions`. */
export const connectionOptionNames: OptionNames<ConnectionOptions> = {
  dynamo: true,
  tableName: true,
  monitoring: true,
  clock: true,
  serverClock: true,
  random: true,
  requestMsMax: true,
};

/** A table with what it takes to talk to it. */
export interface Connection {
  /**
   * Reports its requests, and repeats what only conflicted with a transaction. Each request ends at
   * the moment when its signal aborts, and within `requestMsMax` in any case.
   */
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly clock: DynamoClock;
  readonly random: Random;
  /**
   * Where a primitive tells what is not a request: a heartbeat that failed, for example. It throws
   * nothing.
   */
  readonly monitoring: Monitoring;
}

/** Checks the options and puts them together. Sends nothing. */
export function connect(options: ConnectionOptions, logicalTableName: string): Connection {
  const { dynamo, tableName, random = systemRandom, requestMsMax = 30_000 } = options;
  checkPositive('requestMsMax', requestMsMax);
  const monitoring = guarded(options.monitoring);
  const sending = afterIdleness(toTransport(dynamo));
  const { transport, clock } = timedByServer(sending, options, monitoring.logger);
  const answering = bounded(checkedAnswers(transport), clock, requestMsMax);
  const reporting = monitored(answering, monitoring, clock);
  return {
    transport: repeatConflicts(reporting, { clock, random }),
    tableName: resolveTableName(tableName, logicalTableName),
    clock,
    random,
    monitoring,
  };
}
