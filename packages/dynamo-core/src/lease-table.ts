import { settledWithin, type DeadlineOptions, type LeaseStart } from './clock.js';
import {
  connect,
  connectionOptionNames,
  type Connection,
  type ConnectionOptions,
} from './connection.js';
import { diagnosticsChannel, type Channel, type ChannelMessages } from './diagnostics-channels.js';
import { checkKeyText, checkedOptions, within, type OptionNames } from './input-checks.js';
import type { LeaseRequest, LeaseRow, PreviousHolder } from './lease-options.js';
import { resolveMappings, renamed } from './mappings.js';
import { nodeModule } from './node-module.js';
import { writeConditionally, type ConditionalOutcome } from './send.js';
import type { GivenMappings } from './table-definition.js';
import type { Item } from './transport.js';

/** What a primitive is constructed with whose holders have leases. */
export interface LeaseTableOptions extends ConnectionOptions {
  /**
   * By how many milliseconds a clock may differ from DynamoDB's without more ever holding a key at once
   * than may: a lease is taken from another only this long after it has ended. From 0 to 3,600,000.
   *
   * @default 250
   */
  readonly skewToleranceMs?: number | undefined;
  /**
   * Who this client is, for those who look at the holders, and for `LockTimeoutError`. At most 256 bytes.
   *
   * @default the name of the host and the id of the process, `web-1:4711`
   */
  readonly holder?: string | undefined;
  /**
   * What the table calls its key (`key`) and the attribute of its Time to Live (`purgeAt`), where that
   * differs.
   */
  readonly mappings?: GivenMappings<'partitionKeyFieldName' | 'ttlFieldName'> | undefined;
}

const optionNames: OptionNames<LeaseTableOptions> = {
  ...connectionOptionNames,
  skewToleranceMs: within(0, 3_600_000),
  holder: true,
  mappings: true,
};

const mappingsDefault = { partitionKeyFieldName: 'key', ttlFieldName: 'purgeAt' };

const holderBytesMax = 256;

/** A table of leases, and who works with it. */
export interface LeaseTable extends Connection {
  /** By how much a clock may differ from DynamoDB's. */
  readonly skewToleranceMs: number;
  /** Who this client is, in the rows that it writes. */
  readonly holder: string;
  /** Who hears of its leases. */
  readonly channels: LeaseChannels;
  /** What was taken and not released, where somebody asks for that. */
  readonly held?: Set<object>;
}

/** Checks the options and puts them together. Sends nothing. */
export function leaseTable(
  kind: 'lock' | 'semaphore',
  given: LeaseTableOptions | undefined,
  ownAttributes: readonly string[],
): LeaseTable {
  const options = checkedOptions(given, optionNames);
  const { skewToleranceMs = 250 } = options;
  const { holder = `${nodeModule('node:os').hostname()}:${process.pid}` } = options;
  checkKeyText('holder', holder, holderBytesMax);
  const mappings = resolveMappings(mappingsDefault, options.mappings, ownAttributes);
  const connection = connect(options, `${kind}s`);
  const transport = renamed(connection.transport, connection.tableName, {
    key: mappings.partitionKeyFieldName,
    purgeAt: mappings.ttlFieldName,
  });
  return { ...connection, transport, skewToleranceMs, holder, channels: leaseChannels(kind) };
}

/** What hears of leases of one kind. */
export interface LeaseChannels {
  readonly acquire: Channel<ChannelMessages['x-dynamo:lock:acquire']>;
  readonly wait: Channel<ChannelMessages['x-dynamo:lock:wait']>;
  readonly lost: Channel<ChannelMessages['x-dynamo:lock:lost']>;
  readonly released: Channel<ChannelMessages['x-dynamo:lock:released']>;
}

/** The channels of locks, or of semaphores. */
function leaseChannels(kind: 'lock' | 'semaphore'): LeaseChannels {
  return {
    acquire: diagnosticsChannel(`x-dynamo:${kind}:acquire`),
    wait: diagnosticsChannel(`x-dynamo:${kind}:wait`),
    lost: diagnosticsChannel(`x-dynamo:${kind}:lost`),
    released: diagnosticsChannel(`x-dynamo:${kind}:released`),
  };
}

/** One attempt to take a lease, under the operation id of its row. */
export interface LeaseAttempt<Replaced = never> {
  readonly table: LeaseTable;
  readonly request: LeaseRequest;
  readonly bounds: DeadlineOptions;
  readonly row: LeaseRow<Replaced>;
}

/** What became of a request that takes a lease. */
export interface SentTaking<Replaced = never> {
  readonly outcome: ConditionalOutcome['outcome'];
  /** What was written, or the row that was in the way. */
  readonly item: Item | undefined;
  /** When the request was built that was answered. */
  readonly start: LeaseStart;
  readonly replaced: readonly Replaced[];
}

/** A lease that was taken, as its row says it. */
export interface TakenRow {
  readonly fence: number | undefined;
  readonly endMs: number | undefined;
  readonly previous?: PreviousHolder | undefined;
}

/** A caller waits this long for what is given back after its call failed. */
const giveBackMs = 250;

/**
 * Gives back what an attempt may have taken. Where that takes longer, it goes on in the background. A
 * failure is reported and not thrown: the caller gets the error that led here, and the lease ends by itself.
 */
export async function abandon<Replaced>(
  { table, request, row }: LeaseAttempt<Replaced>,
  replaced: readonly Replaced[],
): Promise<void> {
  const { transport, clock, monitoring } = table;
  const input = row.abandon(replaced);
  const sending = writeConditionally(transport, 'UpdateItem', input).catch((error: unknown) => {
    const message = `Cannot free "${request.key}" after an attempt to take it: its lease runs on`;
    monitoring.logger?.warn(message, error);
  });
  await settledWithin({ clock, ms: giveBackMs }, sending);
}
