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
