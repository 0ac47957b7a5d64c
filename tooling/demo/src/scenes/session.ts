import { createServer } from 'node:http';

import { DynamoSessionStore } from '@x/dynamo-session';
import session from 'express-session';

import { listening } from '../listening.js';
import type { Scene } from '../scene.js';

declare module 'express-session' {
  interface SessionData {
    user?: string;
  }
}

export const scene: Scene = {
  title: 'Sessions of Express and Fastify: @x/dynamo-session',
  why: 'A store for express-session: one request per call, and what was destroyed stays so.',
  run: async (show) => {
    const store = new DynamoSessionStore({ tableName: 'keys', dynamo: show.dynamo });
    const options = { secret: 'a secret', resave: false, saveUninitialized: false };
    const sessions = session({ ...options, store, cookie: { maxAge: 60_000 } });
    const server = createServer((request, response) => {
      const [of, to] = [request, response] as unknown as Parameters<typeof sessions>;
      sessions(of, to, () => {
        const before = of.session.user ?? 'nobody';
        if (of.url === '/login') of.session.user = 'ann';
        if (of.url === '/logout') of.session.destroy(() => response.end('bye'));
        else response.end(before);
      });
    });
    const url = await listening(server);
    let cookie = '';
    const visit = async (path: string): Promise<string> => {
      const response = await fetch(url + path, { headers: { cookie, connection: 'close' } });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      return response.text();
    };

    await show(() => visit('/login'));
    await show(() => visit('/'));
    await show(() => visit('/logout'));
    await show(() => visit('/'));
    server.close();
  },
};
