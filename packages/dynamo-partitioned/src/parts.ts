import type { Codec, CompoundKey } from '@x/dynamo-core';
import type { PartitionedHandle, ValueStore } from '@x/dynamo-core/mechanism';

/** What a table consists of. */
export interface TableParts {
  readonly rows: PartitionedHandle;
  readonly codec: Codec;
  readonly values: ValueStore<CompoundKey>;
}
