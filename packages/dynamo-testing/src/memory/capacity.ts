import type { Capacity, ConsumedCapacity, ReturnConsumedCapacity } from '@aws-sdk/client-dynamodb';

const readUnitBytes = 4096;
const writeUnitBytes = 1024;

/** Units of a strongly consistent read of so many bytes; half of it for an eventual one. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / readUnitBytes)) * (isConsistent ? 1 : 0.5);
}

/** Units of a write: the larger of what was there and what is there now counts. */
export function writeUnits(bytesBefore: number, bytesAfter: number): number {
  return Math.max(1, Math.ceil(Math.max(bytesBefore, bytesAfter) / writeUnitBytes));
}

/** The units that a request used of an index. */
interface IndexUsage {
  readonly index: { readonly definition: { readonly name: string; readonly kind: IndexKind } };
  readonly units: number;
}

/** The units that a request used of one table. */
export interface Usage {
  readonly tableName: string;
  readonly units: number;
  readonly indexes: readonly IndexUsage[];
}

type IndexKind = 'global' | 'local';
type Requested = ReturnConsumedCapacity | undefined;
type Detail = 'ReadCapacityUnits' | 'WriteCapacityUnits' | undefined;

/** What a request that used one table reports. */
export function reportCapacity(
  requested: Requested,
  usage: Usage,
): { ConsumedCapacity?: ConsumedCapacity } {
  if (!isRequested(requested)) return {};
  return { ConsumedCapacity: capacityOf(requested, [usage], undefined) };
}

/** What a request that may use several tables reports: one entry for each of them. */
export function reportCapacities(
  requested: Requested,
  usages: readonly Usage[],
  detail?: Detail,
): { ConsumedCapacity?: ConsumedCapacity[] } {
  if (!isRequested(requested)) return {};
  const names = [...new Set(usages.map(({ tableName }) => tableName))];
  return {
    ConsumedCapacity: names.map((name) =>
      capacityOf(
        requested,
        usages.filter(({ tableName }) => tableName === name),
        detail,
      ),
    ),
  };
}

function isRequested(requested: Requested): requested is 'TOTAL' | 'INDEXES' {
  return requested === 'TOTAL' || requested === 'INDEXES';
}

/** `usages` are of one table. */
function capacityOf(
  requested: 'TOTAL' | 'INDEXES',
  usages: readonly Usage[],
  detail: Detail,
): ConsumedCapacity {
  const units = (count: number): Capacity => ({
    CapacityUnits: count,
    ...(detail && { [detail]: count }),
  });
  const tableUnits = usages.reduce((sum, usage) => sum + usage.units, 0);
  const indexes = usages.flatMap((usage) => usage.indexes);
  const total = indexes.reduce((sum, usage) => sum + usage.units, tableUnits);
  const report = { TableName: usages[0]?.tableName, ...units(total) };
  if (requested === 'TOTAL') return report;
  const ofKind = (kind: IndexKind): Record<string, Capacity> | undefined => {
    const counts = new Map<string, number>();
    for (const { index, units: used } of indexes) {
      const { name, kind: own } = index.definition;
      if (own === kind) counts.set(name, (counts.get(name) ?? 0) + used);
    }
    if (counts.size === 0) return undefined;
    return Object.fromEntries([...counts].map(([name, count]) => [name, units(count)]));
  };
  const [local, global] = [ofKind('local'), ofKind('global')];
  return {
    ...report,
    Table: units(tableUnits),
    ...(local && { LocalSecondaryIndexes: local }),
    ...(global && { GlobalSecondaryIndexes: global }),
  };
}
