import { keysTable, type ConnectionOptions, type GivenMappings } from '@x/dynamo-core';
import {
  checkedOptions,
  checkString,
  connect,
  connectionOptionNames,
  keyAddress,
  perShape,
  renamed,
  resolveMappings,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import { Counter } from './counter.js';
import { counterOptionNames, type CounterOptions } from './counter-options.js';
import { counterAttributes, type CounterTable } from './counter-row.js';
import type { CountMode } from './requests.js';
import { WindowedCounter, type WindowedOptions } from './windowed-counter.js';

/** Where a counter is kept and how it counts. */
export interface KeyValueCounterOptions<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
>
  extends ConnectionOptions, CounterOptions<M, N> {
  /**
   * Keeps the ids of one counter apart from those of others in the same table: the key of a row is
   * `<namespace>.<id>`, or just the id with `''`.
   *
   * @default 'global'
   */
  readonly namespace?: string | undefined;
  /**
   * Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`), as a
   * `KeyValueTable` on the same table has them.
   */
  readonly mappings?: GivenMappings<keyof typeof mappingsDefault> | undefined;
}

const mappingsDefault = {
  partitionKeyFieldName: 'key',
  dataFieldName: 'data',
  md5: 'version',
  ttlFieldName: 'expiresAt',
};

const optionNames: OptionNames<KeyValueCounterOptions> = {
  ...connectionOptionNames,
  ...counterOptionNames,
  namespace: checkString,
  mappings: true,
};

/**
 * Counters on the `keys` table that count each change once, also when a response is lost and the
 * SDK repeats the request.
 *
 * A counter shares its row with a value of the same namespace and id, while the row does not
 * expire: neither touches the other. A row that expires holds one thing.
 *
 * @example
 * ```ts
 * import { KeyValueCounter, dynamoTableName } from '@x/dynamo-counter';
 *
 * const counter = new KeyValueCounter({
 *   namespace: 'api-calls',
 *   tableName: dynamoTableName('keys'),
 * });
 * const newCount = await counter.incr('endpoint-login');
 * ```
 */
export class KeyValueCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> extends Counter<string, M, N> {
  readonly #table: CounterTable<string>;
  readonly #options: CounterOptions<M, N>;

  /** Checks the options. Sends nothing. */
  constructor(options?: KeyValueCounterOptions<M, N>) {
    const given = checkedOptions<KeyValueCounterOptions<M, N>>(options, optionNames);
    const table = tableOf(given);
    super(table, given);
    this.#table = table;
    this.#options = given;
  }

  /**
   * Counters of the same ids that start over with each window of time, such as each minute. Sends
   * nothing. Windows are aligned with the clock: those of an hour begin at full hours UTC.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perMinute = new KeyValueCounter({ namespace: 'calls' }).windowed({ windowMs: 60_000 });
   * await perMinute.incr('login'); // 1, and again 1 in the next minute
   * ```
   */
  windowed(options: WindowedOptions): WindowedCounter<M, N> {
    return new WindowedCounter(this.#table, this.#options, options);
  }
}

function tableOf(
  given: KeyValueCounterOptions<CountMode, number | undefined>,
): CounterTable<string> {
  const { namespace = 'global' } = given;
  const names = resolveMappings(mappingsDefault, given.mappings, ['change']);
  const connection = connect(given, keysTable.name);
  return {
    ...connection,
    transport: renamed(connection.transport, connection.tableName, {
      key: names.partitionKeyFieldName,
      data: names.dataFieldName,
      version: names.md5,
      expiresAt: names.ttlFieldName,
    }),
    address: (id, suffix, shard) => {
      const row = keyAddress(namespace, id);
      const more = suffix + shard;
      return more === '' ? row : keyAddress(namespace, id + more);
    },
    markerAddress: (_id, marker) => keyAddress(namespace, marker),
    owner: { name: counterAttributes.namespace, value: namespace },
    dataName: 'data',
    versionName: 'version',
    expressions: perShape(),
  };
}
