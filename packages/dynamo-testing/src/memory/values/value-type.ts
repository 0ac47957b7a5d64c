import type { AttributeValue } from '@x/dynamo-core';

/** The names under which DynamoDB knows its types. */
export type ValueType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'L' | 'M' | 'SS' | 'NS' | 'BS';

/** Every type that an attribute may have. */
export const valueTypes: readonly ValueType[] = [
  'S',
  'N',
  'B',
  'BOOL',
  'NULL',
  'L',
  'M',
  'SS',
  'NS',
  'BS',
];

/** The type of a value that was checked on its way in. */
export function typeOf(value: AttributeValue): ValueType {
  for (const type in value) return type as ValueType;
  throw new TypeError('Cannot tell the type of an empty attribute value');
}

/** The elements of a set as an array, whichever of the three kinds of set it is. */
export function setElements(value: AttributeValue): readonly (string | Uint8Array)[] | undefined {
  return value.SS ?? value.NS ?? value.BS;
}
