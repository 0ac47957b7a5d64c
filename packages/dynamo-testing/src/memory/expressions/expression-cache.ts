import { parseCondition } from './condition-parser.js';
import { parseProjection } from './projection-parser.js';
import type { Condition, Parsed, Path, UpdateAction } from './syntax-tree.js';
import { parseUpdate } from './update-parser.js';

const entriesMax = 1000;

/** Parses expressions and remembers the latest ones: programs send few different texts. */
export class ExpressionCache {
  readonly #parsed = new Map<string, Parsed<unknown>>();

  /** A condition, a filter or a key condition; `what` is its field in the request. */
  condition(expression: string | undefined, what: string): Parsed<Condition> | undefined {
    return this.#cached(what, expression, (text) => parseCondition(text, what));
  }

  /** An update expression. */
  update(expression: string | undefined): Parsed<readonly UpdateAction[]> | undefined {
    return this.#cached('UpdateExpression', expression, parseUpdate);
  }

  /** A projection expression. */
  projection(expression: string | undefined): Parsed<readonly Path[]> | undefined {
    return this.#cached('ProjectionExpression', expression, parseProjection);
  }

  #cached<Tree>(
    what: string,
    expression: string | undefined,
    parse: (expression: string) => Parsed<Tree>,
  ): Parsed<Tree> | undefined {
    if (expression === undefined) return undefined;
    const key = `${what} ${expression}`;
    const known = this.#parsed.get(key) as Parsed<Tree> | undefined;
    if (known) return known;
    const parsed = parse(expression);
    if (this.#parsed.size >= entriesMax) {
      const [oldest] = this.#parsed.keys();
      if (oldest !== undefined) this.#parsed.delete(oldest);
    }
    this.#parsed.set(key, parsed);
    return parsed;
  }
}
