import type { NextFunction, Request, RequestHandler, Response } from 'express';

import { answerCaptured, sendAnswer } from './captured-response.js';
import { openGate, type Gate } from './gate.js';
import { pathOf, payloadOf } from './node-payload.js';
import type { IdempotencyOptions } from './options.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';
export type { IdempotencyOptions } from './options.js';

/** What `idempotent` of a handler of Express takes. */
export type ExpressIdempotencyOptions = IdempotencyOptions<Request>;

/**
 * Makes a handler of Express, or all that follows (`(request, response, next) => next()`), carry out
 * a request with an `Idempotency-Key` once. It answers and sends what `idempotent` of `/fetch` does.
 * Nothing is sent to the client before the answer is kept.
 *
 * The body must be parsed before (`express.json()`, multer in memory), and its parser limits it; parsed bodies and
 * uploaded files are compared. Errors of the handler and of DynamoDB go to `next`.
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
  const gate = openGate<Request>(handler, options);
  return (request, response, next) => {
    answer(gate, handler, request, response, next).catch((problem: unknown) =>
      next(problem ?? new Error('Rejected promise')),
    );
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
  const payload = payloadOf(request, url, request);
  const keyed = { partition: entered, payload };
  const given = await answerCaptured(gate, keyed, response, response, async (fail) => {
    const onward = (problem?: unknown): void => {
      // Those go on to what follows; all else is an error.
      if ([undefined, null, 'route', 'router'].includes(problem as string)) next(problem);
      else fail(problem);
    };
    await handler(request, response, onward as NextFunction);
  });
  sendAnswer(response, given);
}
