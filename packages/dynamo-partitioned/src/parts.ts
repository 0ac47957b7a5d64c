import type { Codec, CompoundKey } from '@x/dynamo-core';
import type { PartitionedRows, ValueRows } from '@x/dynamo-core/mechanism';

/** What a table consists of. */
export interface TableParts {
  readonly rows: PartitionedRows;
  readonly codec: Codec;
  readonly values: ValueRows<CompoundKey>;
}
