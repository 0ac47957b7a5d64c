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
      warn: (text, error) => quietly(() => logger.warn(...failure(text, error))),
      error: (text, error) => quietly(() => logger.error(...failure(text, error))),
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
  const text = cut(message);
  return error === undefined ? [text] : [`${text}: ${nameOf(error)}`, shown(error)];
}

/** The causes that are shown of an error: one may be its own. */
const causesMax = 4;

/** An error without what else it carries: the SDK's holds rows. */
function shown(error: unknown, causes = 0): Error {
  const { message = '', code, $metadata, cause } = Object(error) as Partial<SdkError>;
  const name = nameOf(error);
  return Object.assign(new Error(cut(String(message))), {
    name,
    code,
    $metadata,
    cause: cause && causes < causesMax ? shown(cause, causes + 1) : undefined,
  });
}

interface SdkError extends Error {
  readonly code: unknown;
  readonly $metadata: unknown;
}

function nameOf(error: unknown): string {
  return errorName(error) ?? typeof error;
}

function cut(text: string): string {
  return text.slice(0, 500);
}
