import { errorName, InvalidInputError } from './errors.js';
import { checkedOptions } from './input-checks.js';
import type { Monitoring } from './monitoring.js';

/**
 * Monitoring that may fail, and that gets no more than it should. `connect` makes it of what the user
 * passed, so that those who report need no care. What is left out stays so. Throws an
 * `InvalidInputError` for what is no monitoring.
 */
export function guarded(monitoring?: Monitoring): Monitoring {
  const given = checkedOptions(monitoring, { logger: true, metrics: true }, 'monitoring');
  for (const [field, one] of Object.entries(given)) {
    // What stands for the logger of a request may have no methods outside of one: they are not asked for.
    if (Object(one) !== one) throw new InvalidInputError(field, one, 'an object');
  }
  const { logger, metrics } = given;
  return {
    logger: logger && {
      debug: (...line) => quietly(() => logger.debug(...line)),
      info: (...line) => quietly(() => logger.info(...line)),
      warn: (...line) => quietly(() => logger.warn(...failure(...line))),
      error: (...line) => quietly(() => logger.error(...failure(...line))),
    },
    metrics: metrics && {
      increment: (...stat) => quietly(() => metrics.increment(...stat)),
      timing: (...stat) => quietly(() => metrics.timing(...stat)),
    },
  };
}

/** Drops what is thrown or rejected: nobody is left to hear of it, and no result depends on it. */
function quietly(report: () => unknown): void {
  const reported = async (): Promise<unknown> => await report();
  reported().catch(() => {});
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
