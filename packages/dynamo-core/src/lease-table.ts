import { N, S } from './attributes.js';
import { tellsOthers } from './backoff.js';
import { deadline, settledWithin, type Clock } from './clock.js';
import {
  connect,
  connectionOptionNames,
  type Connection,
  type ConnectionOptions,
} from './connection.js';
import { diagnosticsChannel, type Channel, type ChannelMessages } from './diagnostics-channels.js';
import { checkKeyText, checkedOptions, within, type OptionNames } from './input-checks.js';
import { resolveMappings } from './mappings.js';
import { nodeModule } from './node-module.js';
import { renamed } from './renamed-attributes.js';
import { writeConditionally } from './send.js';
import type { GivenMappings } from './table-definition.js';

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

/** A request whose answer nobody waits for any longer is given up after that long. */
export const requestMsMax = 30_000;

/** How an attempt is bounded. */
export interface AttemptBounds {
  readonly clock: Clock;
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
}

/** The bounds of one attempt, where no call waits longer. */
export function attemptBounds(clock: Clock, signal: AbortSignal | undefined): AttemptBounds {
  return { clock, ms: requestMsMax, signal };
}

/** Says in the row at times that one more waits, until two have. The next acquisition removes it. */
export async function joinSometimes(
  key: string,
  id: string,
  { fence, isCrowded }: { readonly fence?: number | undefined; readonly isCrowded?: boolean },
  { transport, tableName, random }: Connection,
  bounds: AttemptBounds,
): Promise<void> {
  if (fence === undefined || isCrowded === true || !tellsOthers(random)) return;
  const input = {
    TableName: tableName,
    Key: { key: S(key) },
    UpdateExpression: 'ADD waiters :me',
    ConditionExpression:
      'fence = :fence AND (attribute_not_exists(waiters) OR size(waiters) < :two)',
    ExpressionAttributeValues: { ':me': { SS: [id] }, ':fence': N(fence), ':two': N(2) },
  };
  await deadline(bounds, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}

/** A caller waits this long for what is given back after its call failed. */
const giveBackMs = 250;

/**
 * Gives back what a failed call may have taken. Where that takes longer, it goes on in the
 * background. A failure is reported and not thrown: the caller gets the error that led here, and the
 * lease ends by itself.
 */
export async function giveBack(
  { clock, monitoring }: Connection,
  key: string,
  send: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const sending = deadline({ clock, ms: requestMsMax }, send).catch((error: unknown) => {
    const message = `Cannot free lock "${key}" after an attempt to take it: its lease runs on`;
    monitoring.logger?.warn(message, error);
  });
  await settledWithin({ clock, ms: giveBackMs }, sending);
}
