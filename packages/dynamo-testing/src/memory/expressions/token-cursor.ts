import { type ServiceError, validationError } from '../service-errors.js';
import { isReservedWord } from './reserved-words.js';
import type { Parsed, Path, PathStep } from './syntax-tree.js';
import { tokenize, type Token } from './tokenizer.js';

const pathStepsMax = 32;
const indexMax = 2 ** 31 - 1;

/** Walks over the tokens of one expression, for the parsers. */
export class TokenCursor {
  readonly #expression: string;
  readonly #what: string;
  readonly #tokens: readonly Token[];
  /** Where the groups that opened at a position were closed. */
  readonly #closedAt = new Map<number, number>();
  #position = 0;

  /** @param what What the expression is called in messages, such as `"ConditionExpression"`. */
  constructor(expression: string, what: string) {
    this.#expression = expression;
    this.#what = what;
    this.#tokens = tokenize(expression, what);
  }

  /** The next token, or one after it, without taking it. */
  peek(ahead = 0): Token {
    return this.#tokens[this.#position + ahead] ?? (this.#tokens.at(-1) as Token);
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek();
    this.#position += 1;
    return token;
  }

  /** Takes the next token if it is this symbol. */
  takeSymbol(symbol: string): boolean {
    const { kind, text } = this.peek();
    const found = kind === 'symbol' && text === symbol;
    if (found) this.#position += 1;
    return found;
  }

  /** Takes the next token if it is this keyword, in any case. */
  takeKeyword(keyword: string): boolean {
    const { kind, text } = this.peek();
    const found = kind === 'word' && text.toUpperCase() === keyword;
    if (found) this.#position += 1;
    return found;
  }

  /** Takes this symbol; anything else is a syntax error. */
  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  /** Takes this keyword; anything else is a syntax error. */
  expectKeyword(keyword: string): void {
    if (!this.takeKeyword(keyword)) throw this.syntaxError();
  }

  /** The expression must be over. */
  expectEnd(): void {
    if (this.peek().kind !== 'end') throw this.syntaxError();
  }

  /** Takes what stands in parentheses; a second pair around the same is an error. */
  takeGroup<T>(takeContent: () => T): T {
    const openedAt = this.#position;
    this.expectSymbol('(');
    const content = takeContent();
    const closedAt = this.#position;
    this.expectSymbol(')');
    if (this.#closedAt.get(openedAt + 1) === closedAt - 1) {
      throw this.error('The expression has redundant parentheses;');
    }
    this.#closedAt.set(openedAt, closedAt);
    return content;
  }

  /** The token behind the group that opens here, without taking anything. */
  peekBehindGroup(): Token {
    let depth = 0;
    for (let ahead = 0; this.peek(ahead).kind !== 'end'; ahead += 1) {
      const { kind, text } = this.peek(ahead);
      if (kind === 'symbol' && text === '(') depth += 1;
      if (kind === 'symbol' && text === ')') depth -= 1;
      if (depth === 0) return this.peek(ahead + 1);
    }
    return this.peek(this.#tokens.length);
  }

  /** Takes a path such as `a.#b[3]`. */
  takePath(): Path {
    const path: PathStep[] = [this.#takeName()];
    for (;;) {
      if (this.takeSymbol('.')) {
        path.push(this.#takeName());
      } else if (this.takeSymbol('[')) {
        path.push(this.#takeIndex());
        this.expectSymbol(']');
      } else {
        if (path.length > pathStepsMax) {
          throw this.error(
            `The document path has too many nesting levels; nesting levels: ${path.length}`,
          );
        }
        return path;
      }
    }
  }

  /** The whole expression with the placeholders that it uses. */
  parsed<Tree>(tree: Tree): Parsed<Tree> {
    const placeholders = (kind: 'name' | 'value'): ReadonlySet<string> =>
      new Set(this.#tokens.filter((token) => token.kind === kind).map(({ text }) => text));
    return {
      what: this.#what,
      tree,
      names: placeholders('name'),
      values: placeholders('value'),
    };
  }

  /** A failure that names the expression. */
  error(reason: string): ServiceError {
    return validationError(`Invalid ${this.#what}: ${reason}`);
  }

  /** The failure for the next token, which is shown with its neighbours. */
  syntaxError(): ServiceError {
    const { text, start, kind } = this.peek();
    const from = this.#tokens[this.#position - 1]?.start ?? (kind === 'end' ? 0 : start);
    const near = this.#expression.slice(from, this.peek(1).end);
    return this.error(`Syntax error; token: "${text}", near: "${near}"`);
  }

  #takeName(): string {
    const { kind, text } = this.peek();
    if (kind !== 'word' && kind !== 'name') throw this.syntaxError();
    if (/^(?:AND|BETWEEN|IN|NOT|OR)$/i.test(text)) throw this.syntaxError();
    if (kind === 'word' && isReservedWord(text)) {
      throw this.error(`Attribute name is a reserved keyword; reserved keyword: ${text}`);
    }
    this.#position += 1;
    return text;
  }

  #takeIndex(): number {
    const { kind, text } = this.peek();
    if (kind !== 'number') throw this.syntaxError();
    this.#position += 1;
    const index = Number(text);
    if (index > indexMax) {
      throw this.error(`List index is not within the allowable range; index: [${text}]`);
    }
    return index;
  }
}
