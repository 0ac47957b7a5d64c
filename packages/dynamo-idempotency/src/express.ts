import type { NextFunction, Request, RequestHandler, Response } from 'express';

import { capture, sendAnswer } from './captured-response.js';
import { openGate, type Gate } from './gate.js';
import { pathOf, payloadOf } from './node-payload.js';
import type { IdempotencyOptions } from './options.js';

export { partitionedKeysTable } from '@x/dynamo-core';
export type { IdempotencyOptions } from './options.js';

/** What `idempotent` of a handler of Express takes. */
export type ExpressIdempotencyOptions = IdempotencyOptions<Request>;

/**
 * Makes a handler of Express, or all that follows (`(request, response, next) => next()`), carry out
 * a request with an `Idempotency-Key` once. It answers and sends what `idempotent` of `/fetch` does.
 * Nothing is sent to the client before the answer is kept.
 *
 * The body must be parsed before (`express.json()`), and its parser limits it; parsed bodies are
 * compared. Errors of the handler and of DynamoDB go to `next`.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotent } from '@x/dynamo-idempotency/express';
 * import express from 'express';
 *
 * const app = express();
 * const tableName = 'my-partitioned-keys';
 * const pay = idempotent(
 *   (request, response) => void response.status(201).json({ paid: request.body.amount }),
 *   { tableName, required: true, scope: (request) => String(request.headers['x-user']) },
 * );
 * app.post('/pay', express.json(), pay);
 * ```
 */
export function idempotent(
  handler: (request: Request, response: Response, next: NextFunction) => unknown,
  options?: ExpressIdempotencyOptions,
): RequestHandler {
  const gate = openGate<Request>(options);
  return (request, response, next) => {
    answer(gate, handler, request, response, next).catch(next);
  };
}

async function answer(
  gate: Gate<Request>,
  handler: (request: Request, response: Response, next: NextFunction) => unknown,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  const url = request.originalUrl;
  const entered = gate.enter({
    request,
    method: request.method,
    path: pathOf(url),
    header: request.get('idempotency-key'),
  });
  if (entered === undefined) {
    await handler(request, response, next);
    return;
  }
  if (typeof entered !== 'string') {
    return sendAnswer(response, { answer: entered, isReplay: false });
  }
  const payload = payloadOf(request, url, request.body);
  const given = await gate.answer({ partition: entered, payload }, async (signal) => {
    const captured = capture(response, gate.bodyBytesMax);
    try {
      return await new Promise((resolve, reject) => {
        captured.answer.then(resolve, reject);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        const onward = (problem?: unknown): void => {
          if (problem === undefined || problem === null) next();
          // An application may throw what is no error; Express takes it as it is.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          else reject(problem);
        };
        Promise.resolve()
          .then(() => handler(request, response, onward as NextFunction))
          .catch(reject);
      });
    } finally {
      captured.restore();
    }
  });
  sendAnswer(response, given);
}
