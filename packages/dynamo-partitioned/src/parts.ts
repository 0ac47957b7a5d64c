import type { CompoundKey } from '@x/dynamo-core';
import type { PartitionedHandle, ValueStore } from '@x/dynamo-core/mechanism';

/** The rows of a table, for what other primitives keep there too and for values. */
export type TableRows = PartitionedHandle & Omit<ValueStore<CompoundKey>, 'address'>;
