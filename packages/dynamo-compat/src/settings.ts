import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  resolveTableName,
  systemClock,
  type Clock,
  type ConnectionOptions,
  type Logger,
  type Metrics,
  type Monitoring,
} from '@x/dynamo-core';
import { checkMethods } from '@x/dynamo-core/mechanism';

/** Where the original gets its time from. */
export interface TimeProvider {
  /** The time, in milliseconds since 1970. */
  epochMS(): number;
}

/** What every table of the original is made with. */
export interface TableProps {
  /** @default a `DynamoDBClient` with the SDK's default configuration */
  readonly dynamo?: DynamoDBClient | undefined;
  /** @default the original's name of the table, in the environment of `PARADOX_ENV` */
  readonly tableName?: string | undefined;
  /** @default errors go to the console */
  readonly monitoring?: Monitoring | undefined;
  /** The time by the original's interface. */
  readonly timeProvider?: TimeProvider | undefined;
  /** The time by ours; it goes before `timeProvider`. */
  readonly clock?: Clock | undefined;
}

/** The options that a primitive of ours takes, with everything chosen. */
export interface TableSettings extends ConnectionOptions {
  readonly dynamo: DynamoDBClient;
  readonly tableName: string;
  readonly monitoring: Monitoring;
}

const nothing = (): void => {};
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const unmeasured: Metrics = { increment: nothing, timing: nothing };

/** Nothing is logged and nothing measured. */
export const noOpMonitoring: Required<Monitoring> = { logger: silent, metrics: unmeasured };

/** What the original does by default: what fails goes to the console. */
const consoleErrors: Monitoring = {
  logger: {
    ...silent,
    // oxlint-disable-next-line no-console -- the original's default
    warn: (message, ...error) => console.error(message, ...error),
    // oxlint-disable-next-line no-console -- the original's default
    error: (message, ...error) => console.error(message, ...error),
  },
};

/** What a primitive of ours takes, by the original's options and with its defaults. Sends nothing. */
export function settingsOf(given: TableProps, logicalName: string): TableSettings {
  return {
    dynamo: given.dynamo ?? new DynamoDBClient(),
    tableName: resolveTableName(given.tableName, logicalName),
    monitoring: given.monitoring ?? consoleErrors,
    clock: clockOf(given),
  };
}

/** The clock that is given, or one that tells the time of a `timeProvider`. */
export function clockOf({
  clock,
  timeProvider,
}: Pick<TableProps, 'clock' | 'timeProvider'>): Clock | undefined {
  if (clock !== undefined || timeProvider === undefined) return clock;
  checkMethods('timeProvider', timeProvider, 'epochMS');
  return {
    now: () => timeProvider.epochMS(),
    monotonic: () => systemClock.monotonic(),
    sleep: (ms, options) => systemClock.sleep(ms, options),
  };
}
