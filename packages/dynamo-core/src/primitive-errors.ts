import { errorMark, isInstance, type CallerKey } from './errors.js';

/**
 * The base of every error that these packages throw on their own account. Errors of the AWS SDK
 * pass through as they are.
 *
 * `instanceof` compares the `code`, not the constructor, so that it holds between the ESM and the
 * CJS copy of a package.
 */
export abstract class DynamoPrimitiveError extends Error {
  /** The code of a concrete class, also found on each of its instances. */
  static readonly code: string | undefined = undefined;

  override readonly name: string;
  /** What happened, as a stable word: compare this or use `instanceof`, never the message. */
  readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = new.target.code as string;
    this.name = `${this.code}Error`;
    Object.defineProperty(this, errorMark, { value: true });
  }

  /** What `JSON.stringify` shows: the fields, with a bigint, which it refuses, as its digits. */
  toJSON(): Record<string, unknown> {
    const fields = Object.entries<unknown>({ ...(this as object), message: this.message });
    return Object.fromEntries(
      fields.map(([name, field]) => [name, typeof field === 'bigint' ? `${field}` : field]),
    );
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }
}

/** How a key is shown in a message. */
export function keyText(key: CallerKey): string {
  if (typeof key === 'string') return key;
  const { partition, namespace, sort } = key;
  return `${partition}/${namespace === '' ? '' : `${namespace}.`}${sort}`;
}

/** A stored row cannot be read: it was written by something else, or with another codec. */
export class UnreadableRowError extends DynamoPrimitiveError {
  static override readonly code = 'UnreadableRow';

  /** The key of the row, as the caller passed it. */
  readonly key: CallerKey;

  constructor(key: CallerKey, reason: string, options?: ErrorOptions) {
    super(`Cannot read "${keyText(key)}": ${reason}`, options);
    this.key = key;
  }
}

/**
 * Reading a row would unpack more bytes than one call may. Nothing was changed. Read fewer rows at
 * once, or raise `unpackedBytesPerCallMax` of `compressedCodec`.
 */
export class UnpackedTooLargeError extends DynamoPrimitiveError {
  static override readonly code = 'UnpackedTooLarge';

  /** The key of the row that passes the limit, as the caller passed it. */
  readonly key: CallerKey;
  /** The most bytes that one call unpacks. */
  readonly limit: number;

  constructor(key: CallerKey, limit: number, options?: ErrorOptions) {
    super(
      `Cannot read "${keyText(key)}": one call unpacks at most ${limit} bytes; read fewer rows at once, or raise unpackedBytesPerCallMax`,
      options,
    );
    this.key = key;
    this.limit = limit;
  }
}

/**
 * The client and the packages have each a copy of the SDK, of versions that do not work together.
 * Nothing was sent.
 */
export class SdkMismatchError extends DynamoPrimitiveError {
  static override readonly code = 'SdkMismatch';

  /** The version of the client that was passed. */
  readonly clientVersion: string;
  /** The version that the packages find. */
  readonly ownVersion: string;

  constructor(clientVersion: string, ownVersion: string) {
    super(
      `Cannot send through this client: it is of @aws-sdk/client-dynamodb ${clientVersion}, and the packages find ${ownVersion}; install one version of it (npm dedupe)`,
    );
    this.clientVersion = clientVersion;
    this.ownVersion = ownVersion;
  }
}
