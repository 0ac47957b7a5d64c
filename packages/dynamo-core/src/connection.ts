import { abortable } from './abortable.js';
import type { DynamoClock } from './clock.js';
import { guarded } from './guarded-monitoring.js';
import { monitored, type Monitoring } from './monitoring.js';
import type { OptionNames } from './option-names.js';
import { systemRandom, type Random } from './random.js';
import { repeatConflicts } from './repeat-conflicts.js';
import { timedByServer, type ClockOptions } from './server-clock.js';
import { resolveTableName } from './table-name.js';
import { toTransport, withoutNulls, type Dynamo, type DynamoTransport } from './transport.js';

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
}

/** The names of `ConnectionOptions`. */
export const connectionOptionNames: OptionNames<ConnectionOptions> = {
  dynamo: true,
  tableName: true,
  monitoring: true,
  clock: true,
  serverClock: true,
  random: true,
};

/** A table with what it takes to talk to it. */
export interface Connection {
  /**
   * Reports its requests, repeats what only conflicted with a transaction, and ends with the signal
   * of a call also where nothing answers.
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
  const { dynamo, tableName, random = systemRandom } = options;
  const monitoring = guarded(options.monitoring);
  const { transport, clock } = timedByServer(toTransport(dynamo), options, monitoring.logger);
  const reporting = monitored(withoutNulls(transport), monitoring, clock);
  return {
    transport: endingWithSignal(repeatConflicts(reporting, { clock, random })),
    tableName: resolveTableName(tableName, logicalTableName),
    clock,
    random,
    monitoring,
  };
}

/** A call ends at the moment when its signal aborts, whatever the client is waiting for. */
function endingWithSignal(transport: DynamoTransport): DynamoTransport {
  return {
    call: (operation, input, options) => {
      const call = () => transport.call(operation, input, options);
      return options?.signal ? abortable(options.signal, call) : call();
    },
  };
}
