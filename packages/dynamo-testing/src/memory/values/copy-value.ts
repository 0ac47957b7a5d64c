import type { AttributeValue, Item } from '@x/dynamo-core';

/** A copy that shares nothing with the stored value, for the way out. */
export function copyValue(value: AttributeValue): AttributeValue {
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.NULL !== undefined) return { NULL: value.NULL };
  if (value.B !== undefined) return { B: Uint8Array.from(value.B) };
  if (value.M !== undefined) return { M: copyItem(value.M) };
  if (value.L !== undefined) return { L: value.L.map(copyValue) };
  if (value.SS !== undefined) return { SS: [...value.SS] };
  if (value.NS !== undefined) return { NS: [...value.NS] };
  return { BS: (value.BS ?? []).map((bytes) => Uint8Array.from(bytes)) };
}

/** {@link copyValue} for each attribute. */
export function copyItem(item: Item): Item {
  const copy: Item = {};
  for (const name in item) setAttribute(copy, name, copyValue(item[name] as AttributeValue));
  return copy;
}

/** Assigns an attribute of any name, `__proto__` included. */
export function setAttribute(item: Item, name: string, value: AttributeValue): void {
  if (name === '__proto__') {
    Object.defineProperty(item, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    item[name] = value;
  }
}
