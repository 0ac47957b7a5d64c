import { N, S } from './attributes.js';
import { ConflictError } from './write-errors.js';
import { droppedOf, valueRefusal } from './row-kinds.js';
import type { AttributeValue, CallOptions, DynamoInput, Item } from './transport.js';
import {
  type RowAddress,
  isNew,
  sendValue,
  setsOf,
  setValue,
  updateOf,
  writeNow,
  type Demand,
  type ValueChange,
  type ValueTarget,
  type ValueWrite,
  type Written,
} from './write-value.js';

/** How often a write is sent again at once because the row became another one in between. */
export const triesMax = 8;

/** Goes on with a write of a value that was refused: see `writeValue`. */
export async function writeRefused(
  target: ValueTarget,
  change: ValueChange,
  demand: Demand | undefined,
  refused: Item | undefined,
  options: CallOptions,
): Promise<Written> {
  let item = refused;
  let expired: Item | undefined;
  const input = (): DynamoInput<'UpdateItem'> => {
    const write = writeNow(target, change);
    return expired === undefined
      ? setValue(target, write, demand?.(target.clock.now()))
      : replaceExpired(target, write, expired);
  };
  for (let tries = 1; ; tries++) {
    const refusal = valueRefusal(target, change, demand, item);
    if (refusal === 'refused' && demand !== undefined && expired === undefined) {
      return { isSet: false, item };
    }
    if (tries === triesMax) throw new ConflictError(target.callerKey, tries);
    expired = refusal === 'expired' ? item : undefined;
    const result = await sendValue(target, change, input, options);
    if (result.outcome !== 'refused') return { isSet: true };
    ({ item } = result);
  }
}

/**
 * Sets the value of a row that held something else until it expired. The row holds nothing but the
 * value and the remembered ids then.
 */
export function replaceExpired(
  row: RowAddress,
  write: ValueWrite,
  expired: Item,
): DynamoInput<'UpdateItem'> {
  const { places, names } = droppedOf(expired, Object.keys(valueRow(row, write)));
  return updateOf(row, write, {
    update: `${setsOf(row, write)}${places && ` REMOVE ${places}`}`,
    condition: `#expiresAt = :expired AND ${isNew(write)}`,
    names,
    values: { ':expired': expired[row.names.expiresAt] as AttributeValue },
  });
}

/** The whole row that a write stores where there was none. */
export function valueRow(
  { key, names, owner }: RowAddress,
  { data, version, expiresAt }: ValueWrite,
): Item {
  // By hand: spreads take longer than all the rest.
  const row: Item = {};
  for (const name in key) row[name] = key[name] as AttributeValue;
  if (owner !== undefined) row[owner.name] = S(owner.value);
  row[names.data] = data;
  row[names.version] = S(version);
  if (expiresAt !== undefined) row[names.expiresAt] = N(expiresAt);
  return row;
}
