import type { Comparator, Condition, Operand, Parsed, Predicate } from './syntax-tree.js';
import { TokenCursor } from './token-cursor.js';

/** The functions that are conditions, and how many operands they take. */
const predicates: ReadonlyMap<string, number> = new Map<Predicate, number>([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['attribute_type', 2],
  ['begins_with', 2],
  ['contains', 2],
]);

const comparators: ReadonlySet<string> = new Set<Comparator>(['=', '<>', '<', '<=', '>', '>=']);

const candidatesMax = 100;
const operatorsMax = 300;

/** Parses a condition, a filter or a key condition; `what` is its name in messages. */
export function parseCondition(expression: string, what: string): Parsed<Condition> {
  const cursor = new TokenCursor(expression, what);
  const parser = new ConditionParser(cursor);
  const tree = parser.parse();
  return cursor.parsed(tree);
}

/** Recursive descent: OR binds less than AND, AND less than NOT, NOT less than a comparison. */
class ConditionParser {
  readonly #cursor: TokenCursor;
  #operators = 0;

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor;
  }

  parse(): Condition {
    const condition = this.#or();
    this.#cursor.expectEnd();
    if (this.#operators > operatorsMax) {
      throw this.#cursor.error(
        `The expression contains too many operators; operator count: ${operatorsMax + 1}`,
      );
    }
    return condition;
  }

  #or(): Condition {
    let left = this.#and();
    while (this.#cursor.takeKeyword('OR')) {
      this.#operators += 1;
      left = { kind: 'or', left, right: this.#and() };
    }
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#cursor.takeKeyword('AND')) {
      this.#operators += 1;
      left = { kind: 'and', left, right: this.#not() };
    }
    return left;
  }

  #not(): Condition {
    if (!this.#cursor.takeKeyword('NOT')) return this.#primary();
    this.#operators += 1;
    return { kind: 'not', condition: this.#not() };
  }

  #primary(): Condition {
    const { kind, text } = this.#cursor.peek();
    if (kind === 'symbol' && text === '(' && this.#opensCondition()) {
      return this.#cursor.takeGroup(() => this.#or());
    }
    if (kind === 'word' && this.#cursor.peek(1).text === '(' && text !== 'size') {
      return this.#call(text);
    }
    return this.#comparison();
  }

  /** Parentheses stand around a condition or around an operand: what follows them tells. */
  #opensCondition(): boolean {
    const { kind, text } = this.#cursor.peekBehindGroup();
    if (kind === 'symbol') return !comparators.has(text);
    return kind !== 'word' || !/^(?:BETWEEN|IN)$/i.test(text);
  }

  #call(name: string): Condition {
    const arity = predicates.get(name);
    if (arity === undefined) throw this.#invalidFunction(name);
    this.#operators += 1;
    this.#cursor.take();
    const operands = this.#operandList();
    if (operands.length !== arity) {
      throw this.#cursor.error(
        `Incorrect number of operands for operator or function; operator or function: ${name}, ` +
          `number of operands: ${operands.length}`,
      );
    }
    return { kind: 'call', predicate: name as Predicate, operands };
  }

  #comparison(): Condition {
    const cursor = this.#cursor;
    const operand = this.#operand();
    this.#operators += 1;
    const { kind, text } = cursor.peek();
    if (kind === 'symbol' && comparators.has(text)) {
      cursor.take();
      return {
        kind: 'compare',
        comparator: text as Comparator,
        left: operand,
        right: this.#operand(),
      };
    }
    if (cursor.takeKeyword('BETWEEN')) {
      const low = this.#operand();
      cursor.expectKeyword('AND');
      return { kind: 'between', operand, low, high: this.#operand() };
    }
    if (operand.kind === 'size' && cursor.peek().kind === 'end')
      throw this.#invalidFunction('size');
    cursor.expectKeyword('IN');
    const candidates = this.#operandList();
    if (candidates.length > candidatesMax) {
      throw cursor.error(
        'The IN operator is provided with too many operands; ' +
          `number of operands: ${candidates.length}`,
      );
    }
    return { kind: 'in', operand, candidates };
  }

  #operandList(): Operand[] {
    this.#cursor.expectSymbol('(');
    const operands = [this.#operand()];
    while (this.#cursor.takeSymbol(',')) operands.push(this.#operand());
    this.#cursor.expectSymbol(')');
    return operands;
  }

  #operand(): Operand {
    const cursor = this.#cursor;
    const { kind, text } = cursor.peek();
    if (kind === 'value') {
      cursor.take();
      return { kind: 'value', placeholder: text };
    }
    if (kind === 'symbol' && text === '(') return cursor.takeGroup(() => this.#operand());
    if (kind !== 'word' || cursor.peek(1).text !== '(') {
      return { kind: 'path', path: cursor.takePath() };
    }
    if (text !== 'size') throw this.#invalidFunction(text);
    this.#operators += 1;
    cursor.take();
    cursor.expectSymbol('(');
    const operand = this.#operand();
    if (operand.kind === 'size') throw this.#invalidFunction(text);
    cursor.expectSymbol(')');
    return { kind: 'size', operand };
  }

  #invalidFunction(name: string): Error {
    return this.#cursor.error(
      predicates.has(name) || name === 'size'
        ? `The function is not allowed to be used this way in an expression; function: ${name}`
        : `Invalid function name; function: ${name}`,
    );
  }
}
