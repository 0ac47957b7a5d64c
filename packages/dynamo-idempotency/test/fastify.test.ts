import fastify from 'fastify';

import { idempotent } from '../src/fastify.js';
import { answerBytes, describeHttp } from './http-suite.js';

interface Asked {
  readonly status?: number;
  readonly size?: number;
  readonly events?: boolean;
  readonly throws?: boolean;
}

for (const style of ['returns', 'sends'] as const) {
  describeHttp({
    name: `idempotent() of a handler of Fastify that ${style}`,
    start: async (options, work) => {
      const app = fastify();
      const pay = idempotent(
        async (request, reply) => {
          const body = request.body as Asked & Record<string, unknown>;
          await work(body);
          if (body.throws) throw new Error('handler');
          reply.header('set-cookie', ['a=1', 'b=2']);
          if (body.events) return reply.type('text/event-stream').send('data: 1\n\n');
          reply
            .code(body.status ?? 201)
            .header('x-paid', 'yes')
            .type('application/octet-stream');
          const bytes = Buffer.from(
            body.size === undefined ? answerBytes : new Uint8Array(body.size),
          );
          if (style === 'returns') return bytes;
          reply.send(bytes);
          return reply;
        },
        { ...options, scope: (request) => String(request.headers['x-user']) },
      );
      app.post('/pay', pay);
      return {
        url: await app.listen({ host: '127.0.0.1', port: 0 }),
        close: async () => {
          app.server.closeAllConnections();
          await app.close();
        },
      };
    },
  });
}
