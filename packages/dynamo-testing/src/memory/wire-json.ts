/** Reads JSON of DynamoDB's protocol: binary attributes become bytes. */
export function parseWire(body: string): object {
  const parsed: unknown = JSON.parse(body, (name, value: unknown) => {
    if (name === 'B' && typeof value === 'string') return fromBase64(value);
    const isBinarySet = name === 'BS' && Array.isArray(value);
    return isBinarySet ? value.map((each) => fromBase64(String(each))) : value;
  });
  if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('Not an object');
  return parsed;
}

/** Writes JSON of DynamoDB's protocol: bytes become base64, dates epoch seconds. */
export function formatWire(output: object): string {
  return JSON.stringify(output, function (this: Record<string, unknown>, name, value: unknown) {
    // `toJSON` has turned a date into text already, so that the holder is asked.
    const raw = this[name];
    if (raw instanceof Date) return raw.getTime() / 1000;
    return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : value;
  });
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
