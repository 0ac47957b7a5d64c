import { errorName } from './errors.js';
import type { Logger, Metrics } from './monitoring.js';

/** Hands a line on, and of an error no more than is safe. Throws what the user's own throws. */
export function tellSafely<T extends Logger | Metrics>(
  one: T,
  name: keyof T,
  line: readonly [string, unknown?],
): unknown {
  const told = name === 'warn' || name === 'error' ? failure(...line) : line;
  return (one[name] as (...told: unknown[]) => unknown)(...told);
}

/** What a logger gets of a failure: the name of the error in the text, and no more of it than is safe. */
function failure(message: string, error?: unknown): [string, error?: Error] {
  if (error === undefined) return [cut(message)];
  const said = shown(error);
  return [`${cut(message)}: ${said.name}`, said];
}

/** An error without what else it carries: the SDK's holds rows. Few of its causes, as it may be its own. */
function shown(error: unknown, causes = 4): Error {
  const { message = '', code, $metadata, cause } = Object(error) as Partial<SdkError>;
  return Object.assign(new Error(cut(message)), {
    name: errorName(error) ?? typeof error,
    code,
    $metadata,
    cause: causes && cause && shown(cause, causes - 1),
  });
}

interface SdkError extends Error {
  readonly code: unknown;
  readonly $metadata: unknown;
}

function cut(text: unknown): string {
  return String(text).slice(0, 500);
}
