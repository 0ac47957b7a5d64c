import type { CompoundKey } from './brands.js';
import type { Item } from './transport.js';

/** Marks our errors across copies of this package (ESM beside CJS, two versions in one tree). */
export const errorMark: unique symbol = Symbol.for('@x/dynamo-core/error');

/**
 * An argument or option is not allowed. Nothing was sent. It is a `TypeError` too, as JavaScript's
 * own functions throw for bad arguments.
 */
export class InvalidInputError extends TypeError {
  static readonly code = 'InvalidInput';

  override readonly name: string = 'InvalidInputError';
  readonly code: string = 'InvalidInput';
  /** The name of the argument or option. */
  readonly field: string;
  /** What was passed. Not enumerable, so that no log shows it. */
  declare readonly value: unknown;

  /**
   * @param options `isData`: the value is somebody's data, of which the message says only the type;
   *   `message`: what it says instead of the usual sentence
   */
  constructor(
    field: string,
    value: unknown,
    allowed: string,
    options?: ErrorOptions & { readonly isData?: boolean; readonly message?: string },
  ) {
    // Of `null`, `undefined` and objects, `show` says no more than that.
    const isHidden = options?.isData && Object(value ?? options) !== (value ?? options);
    const shown = isHidden ? `a ${typeof value}` : show(value);
    super(options?.message ?? `Cannot use ${shown} as ${field}: it must be ${allowed}`, options);
    this.field = field;
    // `JSON.stringify` shows the message, as that of our other errors.
    Object.defineProperties(this, {
      message: { enumerable: true },
      value: { value },
      [errorMark]: { value: true },
    });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }
}

type ErrorClass = { readonly code: string | undefined };

/** Whether a value is of a class of ours, of which copy it may be: by its code. */
export function isInstance(constructor: ErrorClass, value: unknown): boolean {
  if (!(errorMark in Object(value))) return false;
  // A class of the user's own that extends one of ours has no code of its own.
  if (!Object.hasOwn(constructor, 'code')) {
    return Function.prototype[Symbol.hasInstance].call(constructor, value);
  }
  // The base, whose code is undefined, stands for all of them. (Naming it here would put it into
  // every bundle that has one of the others.)
  return constructor.code === undefined || (value as ErrorClass).code === constructor.code;
}

/** A key as the caller passed it: an id, or the compound key of a partitioned table. */
export type CallerKey = string | CompoundKey;

/** How a value is shown in a message: short, of each kind. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  if (Object(value) !== value) return String(value);
  const type = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const { constructor } = value as { readonly constructor?: unknown };
  const name = type === 'Object' && typeof constructor === 'function' ? constructor.name : type;
  return `an instance of ${name}`;
}

/**
 * The name of an error, `undefined` for what has none. Errors are recognised by it and never by
 * `instanceof`: a test runner may run each file in a realm of its own, whose `Error` is another. None for the
 * reason of `signal`: somebody may abort with such an error, of another request.
 */
export function errorName(error: unknown, signal?: AbortSignal): string | undefined {
  const { name } = Object(error) as { readonly name?: unknown };
  return typeof name === 'string' && error !== signal?.reason ? name : undefined;
}

/** Whether an error is the SDK's `ConditionalCheckFailedException`, of whichever copy of the SDK. See `errorName`. */
export function isConditionalCheckFailed(
  error: unknown,
  signal?: AbortSignal,
): error is Error & { readonly Item?: Item } {
  return errorName(error, signal) === 'ConditionalCheckFailedException';
}
