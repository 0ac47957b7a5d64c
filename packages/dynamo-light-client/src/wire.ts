type Json = Record<string, unknown>;

/** An input as the text to send. Bytes become base64. */
export function toBody(input: object): string {
  return JSON.stringify(input, hasBytes(input) ? bytesToText : undefined);
}

/** The text of an answer as an output, or as the fields of an error. Throws for what cannot be either. */
export function fromBody(text: string): Json {
  try {
    const output = JSON.parse(text) as Json;
    // A look for the names first: most answers hold no bytes, and no dates.
    if (/"BS?"\s*:|DateTime"/.test(text)) revive(output);
    if (Object(output) === output && !Array.isArray(output)) return output;
  } catch {
    // What the parser says shows a part of the text, which may hold values.
  }
  throw new SyntaxError("The answer cannot be read as DynamoDB's");
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return true;
  for (const name in value) if (hasBytes((value as Json)[name])) return true;
  return false;
}

function bytesToText(this: unknown, name: string, value: unknown): unknown {
  // `value` is what a Buffer makes of itself.
  const bytes = (this as Json)[name];
  if (!ArrayBuffer.isView(bytes)) return value;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** What has these names in a row holds a type and a value: no text, no list, and no number. */
function revive(part: Json): void {
  for (const name in part) {
    const value = part[name];
    if (name === 'B' && typeof value === 'string') part[name] = bytesOf(value);
    else if (name === 'BS' && Array.isArray(value)) part[name] = value.map(bytesOf);
    // Dates travel as seconds, in descriptions of tables.
    else if (typeof value === 'object') revive(value as Json);
    else if (typeof value === 'number' && name.endsWith('DateTime')) {
      part[name] = new Date(value * 1000);
    }
  }
}

function bytesOf(text: string): Uint8Array {
  // A copy: small Buffers share one block of memory.
  return new Uint8Array(Buffer.from(text, 'base64'));
}
