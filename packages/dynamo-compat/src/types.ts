import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { CompoundKey as OurKey } from '@x/dynamo-core';

/**
 * A hard brand, of the shape that `@paradoxical-io/types` gives its own: what compat answers fits
 * where code asks for those.
 */
export type Brand<K, T> = K & { __brand: T };

/** A moment, in milliseconds since 1970. */
export type EpochMS = Brand<number, 'EpochMS'>;

/** A duration. */
export type Milliseconds = Brand<number, 'Milliseconds'>;

/** The sort key of a row, with its namespace. */
export type SortKey = Brand<string, 'SortKey'>;

/** What is done once. */
export type DoOnceActionKey = Brand<string, 'DoOnceActionKey'>;

/** The key of a row, as DynamoDB has it. */
export type DynamoKey = Record<string, AttributeValue>;

/** Where a value of type `V` lives. `sort` is any text: the original's README has literals there. */
export interface CompoundKey<P extends string = string, V = unknown> extends OurKey<P, V> {
  partition: P;
  namespace: string;
  sort: string;
}

/** What a table calls its attributes. */
export interface PartitionKeyMappings {
  partitionKeyFieldName: string;
  sortKeyFieldName: string;
  sortKeyFieldAWSType: 'S' | 'N';
  dataFieldName: string;
  md5: string;
  /** Not the original's: the attribute that Time to Live looks at. */
  ttlFieldName?: string;
}
