import type { CompoundKey } from './brands.js';
import {
  connect,
  connectionOptionNames,
  type Connection,
  type ConnectionOptions,
} from './connection.js';
import { InvalidInputError } from './errors.js';
import {
  checkedOptions,
  hasMethods,
  type OptionNames,
  type PartitionedKey,
  addressOf,
} from './input-checks.js';
import { resolveMappings, renamed } from './mappings.js';
import type { TableDefinition, GivenMappings, PartitionKeyMappings } from './table-definition.js';

/** Where a partitioned table is and how its attributes are called. */
export interface PartitionedRowsOptions extends ConnectionOptions {
  /** Attribute names that differ from the usual ones. */
  readonly mappings?: GivenMappings<keyof PartitionKeyMappings> | undefined;
}

/** The names of `PartitionedRowsOptions`. */
export const partitionedRowsOptionNames: OptionNames<PartitionedRowsOptions> =
  /* @__PURE__ */ Object.assign({ mappings: true } as const, connectionOptionNames);

/**
 * A partitioned table as far as another primitive needs it, to keep rows of its own there: where
 * it is and what its keys look like.
 */
export interface PartitionedHandle extends Connection {
  readonly mappings: PartitionKeyMappings;
  /** Checks a key and says where its row is. */
  address(key: CompoundKey): PartitionedKey;
}

/** What do-once and limited attempts take: a `PartitionedKeyValueTable`, by its one property. */
export interface PartitionedTable {
  readonly rows: PartitionedHandle;
}

/** The table behind `PartitionedKeyValueTable` and the primitives that keep rows in it. */
export const partitionedKeysTable: TableDefinition = {
  name: 'partitioned_keys',
  partitionKey: { name: 'partitionKey', type: 'S' },
  sortKey: { name: 'sortKey', type: 'S' },
  ttlAttribute: 'expiresAt',
};

const mappingsDefault: PartitionKeyMappings = {
  partitionKeyFieldName: 'partitionKey',
  sortKeyFieldName: 'sortKey',
  sortKeyFieldAWSType: 'S',
  dataFieldName: 'data',
  md5: 'md5',
  ttlFieldName: 'expiresAt',
};

/** Checks the options and puts them together. Sends nothing. */
export function partitionedRows(options: PartitionedRowsOptions = {}): PartitionedHandle {
  const mappings = resolveMappings(mappingsDefault, options.mappings);
  return {
    ...connect(options, partitionedKeysTable.name),
    mappings,
    address: addressOf(mappings),
  };
}

/**
 * The rows of a table that a primitive was given, or of one that it opens with the options, of the
 * given names, and those options as they were checked. Throws an `InvalidInputError` for anything else (a client, the table of another library,
 * a mock of one), and where the table calls an attribute like one of the primitive's own. Sends nothing.
 */
export function rowsOf<T extends PartitionedRowsOptions = PartitionedRowsOptions>(
  table: PartitionedTable | T,
  ownAttributes: readonly string[],
  optionNames: OptionNames<T> = partitionedRowsOptionNames as OptionNames<T>,
): { readonly rows: PartitionedHandle; readonly given: Partial<T> } {
  const given: Partial<T> = isTable(table) ? {} : checkedOptions(table, optionNames, 'table');
  const rows = isTable(table) ? table.rows : partitionedRows(given);
  const { ttlFieldName } = rows.mappings;
  const { ttlFieldName: ownTtl } = mappingsDefault;
  const ours = ownAttributes.filter((name) => name !== ownTtl);
  for (const name of Object.values(rows.mappings)) {
    if (ours.includes(name)) {
      throw new InvalidInputError('mappings', name, `no attribute of ours (${ours.join(', ')})`);
    }
  }
  const transport = renamed(rows.transport, rows.tableName, { [ownTtl]: ttlFieldName });
  return { rows: { ...rows, transport }, given };
}

function isTable(table: object): table is PartitionedTable {
  return hasMethods((Object(table) as Partial<PartitionedTable>).rows, 'address');
}
