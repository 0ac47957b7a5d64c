import { InvalidInputError } from './errors.js';
import type { Logger } from './monitoring.js';

/** The part of a logger of pino that is used. Its methods take the object first. */
export interface PinoLike {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * A logger of pino, or of what takes the object before the message as pino does, for `monitoring`.
 * An error becomes the field `err`, which pino's own serializer shows.
 *
 * @example
 * ```ts
 * import { pinoLogger } from '@x/dynamo-core';
 *
 * // in an application: import { pino } from 'pino'; const logger = pino();
 * const print = (fields: object, message: string): void => console.log(message, fields);
 * const logger = { debug: print, info: print, warn: print, error: print };
 *
 * const monitoring = { logger: pinoLogger(logger) };
 * ```
 */
export function pinoLogger(pino: PinoLike): Logger {
  if (Object(pino) !== pino) throw new InvalidInputError('pino', pino, 'a logger of pino');
  return {
    debug: (message, context = {}) => pino.debug(context, message),
    info: (message, context = {}) => pino.info(context, message),
    warn: (message, error) => pino.warn(failed(error), message),
    error: (message, error) => pino.error(failed(error), message),
  };
}

function failed(err: unknown): object {
  return err === undefined ? {} : { err };
}
