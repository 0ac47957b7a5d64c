import type { Codec, CompoundKey, PartitionedRows, ValueRows } from '@x/dynamo-core';

/** What a table consists of. */
export interface TableParts {
  readonly rows: PartitionedRows;
  readonly codec: Codec;
  readonly values: ValueRows<CompoundKey>;
}
