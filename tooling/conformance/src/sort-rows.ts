import type { AttributeValue, Item } from '@x/dynamo-core';

/** The rows in the order of their keys: numbers by size, strings and bytes by their code units. */
export function sortRows(rows: readonly Item[], keyNames: readonly string[]): Item[] {
  return [...rows].sort((left, right) => {
    for (const name of keyNames) {
      const order = compare(left[name], right[name]);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compare(left: AttributeValue | undefined, right: AttributeValue | undefined): number {
  if (left?.N !== undefined && right?.N !== undefined) return Number(left.N) - Number(right.N);
  if (left?.B !== undefined && right?.B !== undefined) return Buffer.compare(left.B, right.B);
  const [a, b] = [left?.S ?? '', right?.S ?? ''];
  return a < b ? -1 : Number(a > b);
}
