type Json = Record<string, unknown>;

/** An input as the text to send. Bytes become base64. */
export function toBody(input: object): string {
  return JSON.stringify(input, hasBytes(input) ? bytesToText : undefined);
}

/** The text of an answer as an output, or as the fields of an error. Throws for what cannot be either. */
export function fromBody(text: string): Json {
  try {
    // A look for the names first: most answers hold no bytes, and no dates.
    const isPlain = !/"BS?"\s*:|DateTime"/.test(text);
    const output = JSON.parse(text, isPlain ? undefined : revive) as Json;
    if (Object(output) === output && !Array.isArray(output)) return output;
  } catch {
    // What the parser says shows a part of the text, which may hold values.
  }
  throw new SyntaxError("The answer cannot be read as DynamoDB's");
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || Object.values(value).some(hasBytes);
}

function bytesToText(this: unknown, name: string, value: unknown): unknown {
  // `value` is what a Buffer makes of itself.
  const bytes = (this as Json)[name];
  if (!ArrayBuffer.isView(bytes)) return value;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** What has these names in a row holds a type and a value: no text, no list, and no number. */
function revive(name: string, value: unknown): unknown {
  if (name === 'B' && typeof value === 'string') return bytesOf(value);
  if (name === 'BS' && Array.isArray(value)) return value.map(bytesOf);
  // Dates travel as seconds, in descriptions of tables.
  const isDate = typeof value === 'number' && name.endsWith('DateTime');
  return isDate ? new Date(value * 1000) : value;
}

function bytesOf(text: string): Uint8Array {
  // A copy: small Buffers share one block of memory.
  return new Uint8Array(Buffer.from(text, 'base64'));
}
