import type { ConsumedCapacity, ReturnConsumedCapacity } from '@aws-sdk/client-dynamodb';

import { checkChoice } from './check-fields.js';

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

type Requested = ReturnConsumedCapacity | undefined;

/** The setting must be one of the three that exist. */
export function checkCapacitySetting(requested: Requested): void {
  checkChoice('returnConsumedCapacity', requested, ['INDEXES', 'TOTAL', 'NONE']);
}

/** What a request that used one table reports. */
export function reportCapacity(
  requested: Requested,
  tableName: string,
  units: number,
): { ConsumedCapacity?: ConsumedCapacity } {
  if (!isRequested(requested)) return {};
  return { ConsumedCapacity: capacityOf(requested, tableName, units, {}) };
}

/** What a request that may use several tables reports. */
export function reportCapacities(
  requested: Requested,
  unitsByTable: ReadonlyMap<string, number>,
  detail?: 'ReadCapacityUnits' | 'WriteCapacityUnits',
): { ConsumedCapacity?: ConsumedCapacity[] } {
  if (!isRequested(requested)) return {};
  return {
    ConsumedCapacity: [...unitsByTable].map(([tableName, units]) =>
      capacityOf(requested, tableName, units, detail ? { [detail]: units } : {}),
    ),
  };
}

/** Adds to the units of a table. */
export function addUnits(unitsByTable: Map<string, number>, name: string, units: number): void {
  unitsByTable.set(name, (unitsByTable.get(name) ?? 0) + units);
}

function isRequested(requested: Requested): requested is 'TOTAL' | 'INDEXES' {
  return requested === 'TOTAL' || requested === 'INDEXES';
}

function capacityOf(
  requested: 'TOTAL' | 'INDEXES',
  tableName: string,
  units: number,
  detail: ConsumedCapacity,
): ConsumedCapacity {
  const table = requested === 'INDEXES' ? { Table: { CapacityUnits: units, ...detail } } : {};
  return { TableName: tableName, CapacityUnits: units, ...detail, ...table };
}
