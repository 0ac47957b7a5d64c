import type { AttributeValue } from './attribute-value.js';
import type { CallerKey } from './errors.js';

/**
 * How values become attributes and back. `decode(encode(value))` gives an equal value, or `encode`
 * throws: what cannot be read back is refused before it is sent.
 */
export interface Codec<V = unknown> {
  /** Throws an `InvalidInputError` that names `key` for a value that it cannot bring back. */
  encode(value: V, key: CallerKey): AttributeValue | Promise<AttributeValue>;
  /**
   * Throws an `UnreadableRowError` that names `key` for an attribute that it did not write. All that
   * one call of a table decodes comes with the same object `call`, which holds nothing.
   */
  decode(attribute: AttributeValue, key: CallerKey, call?: object): V | Promise<V>;
}
