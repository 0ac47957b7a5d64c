/** A key attribute: its name and its type in wire terms. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

/** What a primitive needs its table to look like. Each package exports the one of its table. */
export interface TableDefinition {
  /** The logical name, which `dynamoTableName` turns into the physical default. */
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute | undefined;
  /** The attribute that holds the expiry in epoch seconds, for DynamoDB's Time to Live. */
  readonly ttlAttribute?: string | undefined;
}

/** How the attributes of a table are called. Each primitive takes those that its rows have. */
export interface PartitionKeyMappings {
  readonly partitionKeyFieldName: string;
  readonly sortKeyFieldName: string;
  /** Whether sort keys are strings or numbers. Numbers have no namespace. */
  readonly sortKeyFieldAWSType: 'S' | 'N';
  readonly dataFieldName: string;
  readonly md5: string;
  /** The one attribute of the table that Time to Live looks at. */
  readonly ttlFieldName: string;
}

/** What each of `names` is called: as a table has it, or as the caller says. */
export type Mappings<Name extends keyof PartitionKeyMappings> = Pick<PartitionKeyMappings, Name>;

/** The names that a caller gives: `undefined` is the usual one. */
export type GivenMappings<Name extends keyof PartitionKeyMappings> = {
  readonly [Field in Name]?: PartitionKeyMappings[Field] | undefined;
};

/** The table behind `KeyValueTable` and `KeyValueCounter`: one row for each id of a namespace. */
export const keysTable: TableDefinition = {
  name: 'keys',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'expiresAt',
};

/** What the attributes of a value's row are called there, unless the table says otherwise. */
export const keyRowMappings: Mappings<
  'partitionKeyFieldName' | 'dataFieldName' | 'md5' | 'ttlFieldName'
> = {
  partitionKeyFieldName: 'key',
  dataFieldName: 'data',
  md5: 'version',
  ttlFieldName: 'expiresAt',
};
