import type { Item } from '@x/dynamo-core';

import { writeUnits, type Usage } from '../capacity.js';
import type { Row } from '../store/rows.js';
import type { Table } from '../store/table.js';

/** Stores what a write leaves behind (`undefined`: no row). Returns the units that it used. */
export function applyWrite(
  table: Table,
  key: Item,
  before: Row | undefined,
  after: Item | undefined,
): Usage {
  const bytesBefore = before?.bytes ?? 0;
  const { bytes, indexes } = after ? table.put(after) : table.delete(key);
  return { tableName: table.name, units: writeUnits(bytesBefore, bytes), indexes };
}
