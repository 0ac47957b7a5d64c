const lengthMax = 255;

/** Whether requests of a method change nothing, so that a key means nothing to them. */
export function isSafe(method: unknown): boolean {
  return /^(GET|HEAD|OPTIONS|TRACE)$/.test(method as string);
}

/**
 * What an `Idempotency-Key` header says: a string of structured fields, or the bare text that most
 * clients send. `undefined` where it is neither: then it must be refused.
 */
export function keyOfHeader(header: string): string | undefined {
  const text = header.trim();
  const key = text.startsWith('"') ? unquoted(text) : bare(text);
  return key === undefined || key === '' || key.length > lengthMax ? undefined : key;
}

function bare(text: string): string | undefined {
  return /^[!#-+\--~]+$/.test(text) ? text : undefined;
}

function unquoted(text: string): string | undefined {
  // Parameters may follow a string, and mean nothing here.
  const inner = /^"((?:[ !#-[\]-~]|\\["\\])*)"(?:;[^",]*)*$/.exec(text)?.[1];
  return inner?.replaceAll(/\\(["\\])/g, '$1');
}
