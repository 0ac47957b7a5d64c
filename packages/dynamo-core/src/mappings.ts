import { InvalidInputError } from './errors.js';
import { checkKeyText, checkOneOf, checkedOptions, type OptionNames } from './input-checks.js';
import type {
  TableDefinition,
  PartitionKeyMappings,
  Mappings,
  GivenMappings,
  KeyAttribute,
} from './table-definition.js';
import { lazyTransport, onFirstUse } from './send.js';
import type { DynamoTransport } from './transport.js';

/**
 * The table that a primitive needs, with the names that its `mappings` say: for `createTable` and
 * `toCloudFormation`.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { createTable, keysTable, mappedTable } from '@x/dynamo-core';
 *
 * const table = mappedTable(keysTable, { partitionKeyFieldName: 'id', ttlFieldName: 'ttl' });
 * await createTable(new DynamoDBClient(), table, 'my-mapped-keys');
 * ```
 */
export function mappedTable(
  definition: TableDefinition,
  mappings: GivenMappings<keyof PartitionKeyMappings>,
): TableDefinition {
  checkDefinition(definition);
  const { partitionKey, sortKey, ttlAttribute } = definition;
  const {
    partitionKeyFieldName = partitionKey.name,
    sortKeyFieldName = sortKey?.name,
    sortKeyFieldAWSType = sortKey?.type,
    ttlFieldName = ttlAttribute,
  } = checkedOptions(mappings, mappingNames, 'mappings');
  return {
    ...definition,
    partitionKey: { ...partitionKey, name: partitionKeyFieldName },
    ...(sortKey && {
      sortKey: {
        name: sortKeyFieldName ?? sortKey.name,
        type: sortKeyFieldAWSType ?? sortKey.type,
      },
    }),
    ttlAttribute: ttlFieldName,
  };
}

const mappingNames: OptionNames<GivenMappings<keyof PartitionKeyMappings>> = {
  partitionKeyFieldName: true,
  sortKeyFieldName: true,
  sortKeyFieldAWSType: true,
  dataFieldName: true,
  md5: true,
  ttlFieldName: true,
};

/**
 * What our rows hold under names that are not the table's choice: counts, namespaces, registers. No
 * object has a property of the first name.
 */
const ownName = /^(__proto__|count|whole|ns|kind|claim(Ends)?|freshUntil|lease|began|[cvro]\d+)$/;

/**
 * The names of a table's attributes: those that are given, `defaults` for the others and for
 * `undefined`. Throws an `InvalidInputError` for a name that the table does not have, that is empty,
 * used twice, or one of an attribute of ours: of any primitive, or of `ownAttributes`.
 */
export function resolveMappings<Name extends keyof PartitionKeyMappings>(
  defaults: Mappings<Name>,
  given: GivenMappings<Name> | undefined,
  ownAttributes: readonly string[] = [],
): Mappings<Name> {
  // By their names alone: what each has to be is checked here.
  const names = defaults as unknown as OptionNames<GivenMappings<Name>>;
  const mappings = { ...defaults, ...checkedOptions(given, names, 'mappings') };
  const taken = new Set(ownAttributes);
  for (const [field, name] of Object.entries<string>(mappings)) {
    const path = `mappings.${field}`;
    if (field === 'sortKeyFieldAWSType') {
      checkOneOf(path, name, ['S', 'N']);
      continue;
    }
    checkKeyText(path, name);
    if (ownName.test(name) || taken.size === taken.add(name).size) {
      throw new InvalidInputError(path, name, 'another name: this one is taken');
    }
  }
  return mappings;
}

/** Throws an `InvalidInputError` for what defines no table, and for a part that is misspelled. */
export function checkDefinition(definition: TableDefinition): void {
  // A class of the original defines its table by its static members, and has others.
  if (typeof definition !== 'function') {
    checkedOptions(
      definition,
      { name: true, partitionKey: true, sortKey: true, ttlAttribute: checkKeyText },
      'definition',
    );
  }
  if (typeof definition?.partitionKey?.name !== 'string') {
    throw new InvalidInputError('definition', definition, 'that of a table, such as keysTable');
  }
  for (const key of keysOf(definition)) {
    const { type } = checkedOptions(key, { name: checkKeyText, type: true }, 'key');
    checkOneOf('type', type, ['S', 'N', 'B']);
  }
}

/** The key attributes of a table, the partition key first. */
export function keysOf({ partitionKey, sortKey }: TableDefinition): readonly KeyAttribute[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

const renamings = /* @__PURE__ */ onFirstUse(() => import('./rename-attributes.js'));

/**
 * A transport for a table that calls attributes otherwise than the requests do: they are renamed on
 * their way, in keys, rows and expressions, and back in the answers and in the rows of errors. Where
 * nothing is called otherwise it is the transport itself.
 *
 * @param tableName the table; items of a transaction that are about others are left as they are
 * @param names what the table calls our attributes, by our names
 */
export function renamed(
  transport: DynamoTransport,
  tableName: string,
  names: Readonly<Record<string, string>>,
): DynamoTransport {
  const differing = Object.entries(names).filter(([ours, theirs]) => ours !== theirs);
  if (differing.length === 0) return transport;
  return lazyTransport(transport, async () => {
    const { renaming } = await renamings();
    return renaming(transport, tableName, differing);
  });
}
