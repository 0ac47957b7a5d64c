import { types } from 'node:util';

import { serializationError } from './service-errors.js';

/** Reads JSON of DynamoDB's protocol: binary attributes become bytes. */
export function parseWire(body: string): object {
  const parsed: unknown = parseJson(body, (name, value: unknown) => {
    if (name === 'B' && typeof value === 'string') return fromBase64(value);
    const isBinarySet = name === 'BS' && Array.isArray(value);
    return isBinarySet ? value.map(fromBase64) : value;
  });
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw serializationError('Unexpected field type');
  }
  return parsed;
}

function parseJson(body: string, revive: (name: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(body, revive);
  } catch (error) {
    // A text that is nested too deeply ends the stack.
    if (error instanceof SyntaxError || error instanceof RangeError) throw serializationError('');
    throw error;
  }
}

/** Writes JSON of DynamoDB's protocol: bytes become base64, dates epoch seconds. */
export function formatWire(output: object): string {
  return JSON.stringify(output, function (this: Record<string, unknown>, name, value: unknown) {
    // `toJSON` has turned a date into text already, so that the holder is asked.
    const raw = this[name];
    if (types.isDate(raw)) return raw.getTime() / 1000;
    return types.isUint8Array(raw) ? Buffer.from(raw).toString('base64') : value;
  });
}

function fromBase64(text: unknown): unknown {
  // What is no text is refused as a member of a set, by the kind that it is of.
  if (typeof text !== 'string') return text;
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
  if (!isBase64) throw serializationError('Invalid length or alphabet of a Base64-encoded string');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
