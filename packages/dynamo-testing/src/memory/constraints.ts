import { validationError } from './service-errors.js';

const namePattern = /^[a-zA-Z0-9_.-]+$/;

/**
 * The constraints of DynamoDB's model, which it looks at before anything else: what a request
 * breaks is gathered and refused in one error.
 */
export class Constraints {
  readonly #broken: string[] = [];

  /** A member that must be there. */
  present(value: unknown, path: string): this {
    return value === undefined ? this.#breaks(undefined, path, 'Member must not be null') : this;
  }

  /** A member with a few allowed words. */
  oneOf(value: string | undefined, path: string, allowed: readonly string[]): this {
    if (value === undefined || allowed.includes(value)) return this;
    const words = allowed.join(', ');
    return this.#breaks(value, path, `Member must satisfy enum value set: [${words}]`);
  }

  /** The length of a text or of a list. */
  length(
    value: string | readonly unknown[] | undefined,
    path: string,
    min: number,
    max: number,
  ): this {
    if (value === undefined || (value.length >= min && value.length <= max)) return this;
    const members = value.length === 0 ? '' : `${value.length} members`;
    const [side, bound] = value.length < min ? ['greater', min] : ['less', max];
    return this.#breaks(
      typeof value === 'string' ? value : `[${members}]`,
      path,
      `Member must have length ${side} than or equal to ${bound}`,
    );
  }

  /** A number and its bounds. */
  range(value: number | undefined, path: string, min: number, max: number = Infinity): this {
    if (value === undefined || (value >= min && value <= max)) return this;
    const [side, bound] = value < min ? ['greater', min] : ['less', max];
    return this.#breaks(value, path, `Member must have value ${side} than or equal to ${bound}`);
  }

  /** A name of a table or of an index. */
  name(value: string | undefined, path: string, lengthMin = 3): this {
    if (value === undefined) return this.present(value, path);
    if (!namePattern.test(value) && (lengthMin > 1 || value !== '')) {
      const pattern = 'regular expression pattern: [a-zA-Z0-9_.-]+';
      this.#breaks(value, path, `Member must satisfy ${pattern}`);
    }
    return this.length(value, path, lengthMin, 255);
  }

  /** Any other rule, with what it says when it is broken. */
  rule(isKept: boolean, message: string): this {
    if (!isKept) this.#broken.push(message);
    return this;
  }

  /** Refuses the request if anything is broken. */
  check(): void {
    const count = this.#broken.length;
    if (count === 0) return;
    const errors = count === 1 ? '1 validation error' : `${count} validation errors`;
    throw validationError(`${errors} detected: ${this.#broken.join('; ')}`);
  }

  #breaks(value: string | number | undefined, path: string, rule: string): this {
    const shown = value === undefined ? 'null' : `'${value}'`;
    return this.rule(false, `Value ${shown} at '${path}' failed to satisfy constraint: ${rule}`);
  }
}

/** The name that a request on items gives to its table. */
export function checkTableName(name: string | undefined): void {
  new Constraints().name(name, 'tableName', 1).check();
}

/** The settings that most requests on items have. */
export function itemConstraints(input: {
  readonly ReturnConsumedCapacity?: string | undefined;
  readonly ReturnItemCollectionMetrics?: string | undefined;
}): Constraints {
  return new Constraints()
    .oneOf(input.ReturnConsumedCapacity, 'returnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE'])
    .oneOf(input.ReturnItemCollectionMetrics, 'returnItemCollectionMetrics', ['SIZE', 'NONE']);
}
