import { validationError } from '../service-errors.js';

type TokenKind = 'word' | 'name' | 'value' | 'number' | 'symbol' | 'unknown' | 'end';

/** A piece of an expression and where it stands. Placeholders keep their `#` or `:`. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const expressionBytesMax = 4096;

const tokenPattern =
  /\s*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9]\d*)|(<>|<=|>=|[=<>()[\].,+-])|(\S))/y;

const kinds: readonly TokenKind[] = ['word', 'name', 'value', 'number', 'symbol', 'unknown'];

/** Cuts an expression into tokens; the last one is always the `end`. */
export function tokenize(expression: string, what: string): readonly Token[] {
  if (expression === '') {
    throw validationError(`Invalid ${what}: The expression can not be empty;`);
  }
  const bytes = Buffer.byteLength(expression);
  if (bytes > expressionBytesMax) {
    throw validationError(
      `Invalid ${what}: Expression size has exceeded the maximum allowed size; ` +
        `expression size: ${bytes}`,
    );
  }
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  for (let match = pattern.exec(expression); match; match = pattern.exec(expression)) {
    const group = match.findIndex((each, index) => index > 0 && each !== undefined);
    const text = match[group] as string;
    const end = pattern.lastIndex;
    tokens.push({ kind: kinds[group - 1] as TokenKind, text, start: end - text.length, end });
  }
  const { length } = expression;
  tokens.push({ kind: 'end', text: '<EOF>', start: length, end: length });
  return tokens;
}
