import type { Codec, CompoundKey, PartitionKeyMappings } from '@x/dynamo-core';
import type { PartitionedHandle, ValueAttributes, ValueStore } from '@x/dynamo-core/mechanism';

/** What a table consists of. */
export interface TableParts {
  readonly rows: PartitionedHandle;
  readonly codec: Codec;
  readonly values: ValueStore<CompoundKey>;
}

/** The attributes of a value's row. */
export function valueAttributes(mappings: PartitionKeyMappings): ValueAttributes {
  const { dataFieldName, md5, ttlFieldName } = mappings;
  return { data: dataFieldName, version: md5, expiresAt: ttlFieldName };
}
