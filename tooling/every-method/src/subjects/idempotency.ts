import { idempotent as idempotentFetch } from '@x/dynamo-idempotency/fetch';
import { idempotent as idempotentEvent, idempotentBatch } from '@x/dynamo-idempotency/lambda';

import { subject, withoutSignal, type Methods, type Subject } from '../subject.js';

const call = withoutSignal('called by a framework, which gives none');

const context = { getRemainingTimeInMillis: () => 10_000 };

/** A repeat of the stored request, or another one with its key. */
function request(text: unknown): Request {
  const headers = { 'idempotency-key': 'stored', 'content-type': 'text/plain' };
  const body = typeof text === 'string' ? text : typeof text;
  return new Request('https://shop.example/pay', { method: 'POST', headers, body });
}

export const idempotency: readonly Subject[] = [
  subject<Methods>({
    title: 'idempotent()',
    open: async (world, text) => {
      const options = world.on('partitioned_keys');
      const pay = idempotentFetch(async (asked) => new Response(await asked.text()), options);
      await pay(request(text));
      return {
        ofFetch: (given: unknown) => pay(request(given)),
        ofEvent: idempotentEvent((event: object) => event, options),
        ofBatch: idempotentBatch((record: object) => record, options),
      };
    },
    calls: {
      ofFetch: call(({ text }) => [text]),
      ofEvent: call(({ text }) => [{ messageId: 'a', body: text }, context]),
      ofBatch: call(({ text }) => [{ Records: [{ messageId: 'b', body: text }] }, context]),
    },
  }),
];
