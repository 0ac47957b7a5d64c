import type { Item } from './transport.js';
import { cancellationReasons } from './transaction-errors.js';
import { toWireJson } from './wire-json.js';

interface Write {
  readonly Item?: Item;
}

/**
 * About the write units of a write whose condition was refused. DynamoDB charges for it and does not
 * say how much: a unit for each kilobyte of the larger one of the existing row and the new one,
 * and twice that in a transaction. The size is the one of their JSON, which is a little larger.
 *
 * Source: "DynamoDB read and write operations", on conditional writes and on transactions, in the
 * Amazon DynamoDB Developer Guide.
 */
export function refusedUnits(input: object, error: unknown): number {
  const { TransactItems } = input as { readonly TransactItems?: readonly Record<string, Write>[] };
  if (TransactItems === undefined) return unitsOf(input, (error as Write).Item);
  const reasons = cancellationReasons(error);
  const units = TransactItems.map(
    (item, index) => 2 * unitsOf(item['Put'] ?? {}, reasons?.[index]?.item),
  );
  return units.reduce((sum, each) => sum + each, 0);
}

function unitsOf(wanted: Write, existing: Write['Item']): number {
  const sizes = [wanted.Item, existing].map((item = {}) => toWireJson(item).length);
  return Math.ceil(Math.max(...sizes) / 1024);
}
