import {
  abortable,
  checkFunction,
  checkedOptions,
  type OptionNames,
} from '@x/dynamo-core/mechanism';
import {
  DoOnceInProgressError,
  DoOnceManager,
  DoOnceMismatchError,
  idempotencyKey,
} from '@x/dynamo-do-once';

import { answerCodec, isFinal, problem, unkeepable, type Answer } from './answer.js';
import { isSafe, keyOfHeader } from './key-header.js';
import { idempotencyOptionNames, scopeOf, type IdempotencyOptions } from './options.js';

/** A request, as far as its framework does not matter. */
interface Exchange<R> {
  readonly request: R;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Its header `Idempotency-Key`. */
  readonly header: string | null | undefined;
}

/** A request with a key. */
export interface KeyedExchange {
  /** The partition of its row, made of the scope, the route and the key. */
  readonly partition: string;
  /** What the same key must come with again: anything that JSON holds. */
  readonly payload: unknown;
  readonly leaseMs?: number | undefined;
}

/** What a request is answered with, and whether an earlier one was. */
export interface Given {
  readonly answer: Answer;
  readonly isReplay: boolean;
}

/** Makes the answer. The signal aborts when the lease has ended. */
type Act = (signal: AbortSignal) => Promise<Answer>;

/** What stands before a handler. */
export interface Gate<R> {
  readonly bodyBytesMax: number;
  /** The partition of the request; `undefined` where it passes as it is; or why it is refused. */
  enter(exchange: Exchange<R>): string | Answer | undefined;
  /** Acts once, or says what the earlier request was answered with. */
  answer(exchange: KeyedExchange, act: Act): Promise<Given>;
}

const actionKey = 'answer';

/** A failure that is not kept: whoever comes next acts again. */
class PassingAnswer extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('The answer is not kept');
    this.answer = answer;
  }
}

/** Checks the handler and the options, and opens the table. Sends nothing. */
export function openGate<R, O extends IdempotencyOptions<R> = IdempotencyOptions<R>>(
  handler: unknown,
  options: O | undefined,
  names: OptionNames<O> = idempotencyOptionNames as OptionNames<O>,
): Gate<R> {
  checkFunction('handler', handler);
  const given: IdempotencyOptions<R> = checkedOptions(options, names);
  const { required = false, scope, bodyBytesMax = 262_144, leaseMs = 60_000, ...rest } = given;
  const { ttlSeconds = 86_400, ...connection } = rest;
  const manager = new DoOnceManager(
    { requestMsMax: 5_000, ...connection },
    { storeResult: answerCodec, onInProgress: 'throw', leaseMs, ttlSeconds },
  );

  return {
    bodyBytesMax,
    enter({ request, method, path, header }) {
      if (isSafe(method)) return undefined;
      if (header === null || header === undefined) {
        return required ? problem(400, 'The header Idempotency-Key is missing') : undefined;
      }
      const key = keyOfHeader(header);
      if (key === undefined) {
        return problem(400, 'The header Idempotency-Key must be one text of 1 to 255 characters');
      }
      return idempotencyKey([scopeOf(scope, request), method, path, key]);
    },
    answer: async ({ partition, payload, leaseMs: leaseOfCall }, act) => {
      try {
        const result = await manager.doOnce(
          partition,
          actionKey,
          async (context) => {
            const { signal } = context;
            const answer = await abortable(signal, async () => act(signal));
            if (!isFinal(answer)) throw new PassingAnswer(answer);
            return answer;
          },
          { payload, leaseMs: leaseOfCall },
        );
        const answer = result.actionResponse ?? unkeepable('it was too large for a row');
        return { answer, isReplay: !result.didAction };
      } catch (error) {
        const answer = refusalOf(error);
        if (answer === undefined) throw error;
        return { answer, isReplay: false };
      }
    },
  };
}

function refusalOf(error: unknown): Answer | undefined {
  if (error instanceof PassingAnswer) return error.answer;
  if (error instanceof DoOnceMismatchError) {
    return problem(422, 'The Idempotency-Key was used with another request');
  }
  if (error instanceof DoOnceInProgressError) {
    const seconds = String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
    return problem(409, 'A request with this Idempotency-Key is being carried out', {
      'retry-after': seconds,
    });
  }
  return undefined;
}

/** What marks an answer that an earlier request was given. */
const replayMark: readonly [string, string] = ['idempotency-replayed', 'true'];

/** The headers of an answer, with the mark where it is a replay. */
export function headersOf({ answer, isReplay }: Given): readonly (readonly [string, string])[] {
  return isReplay ? [...answer.headers, replayMark] : answer.headers;
}
