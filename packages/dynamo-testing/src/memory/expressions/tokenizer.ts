import { validationError } from '../service-errors.js';

export type TokenKind = 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end';

/** A piece of an expression. Placeholders keep their `#` or `:`. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const expressionBytesMax = 4096;

const tokenPattern =
  /\s*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9]\d*)|(<>|<=|>=|[=<>()[\].,+-]))/y;

const kinds: readonly TokenKind[] = ['word', 'name', 'value', 'number', 'symbol'];

/** Cuts an expression into tokens; the last one is always the `end`. */
export function tokenize(expression: string, what: string): readonly Token[] {
  if (expression.trim() === '') {
    throw validationError(`Invalid ${what}: The expression can not be empty;`);
  }
  if (Buffer.byteLength(expression) > expressionBytesMax) {
    throw validationError(
      `Invalid ${what}: Expression size has exceeded the maximum allowed size;`,
    );
  }
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  const end = expression.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const match = pattern.exec(expression);
    if (!match) {
      throw validationError(
        `Invalid ${what}: Syntax error; token: "${expression.slice(at, at + 10).trim()}"`,
      );
    }
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
    tokens.push({ kind: kinds[group - 1] as TokenKind, text: match[group] as string });
  }
  tokens.push({ kind: 'end', text: '<EOF>' });
  return tokens;
}
