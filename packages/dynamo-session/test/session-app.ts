import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Dynamo } from '@x/dynamo-core';
import express from 'express';
import session, { MemoryStore, type SessionOptions, type Store } from 'express-session';

import { DynamoSessionStore } from '../src/index.js';

declare module 'express-session' {
  interface SessionData {
    visits?: number;
    user?: string;
  }
}

/** An application over HTTP, and a browser that keeps its cookie. */
export interface Browser {
  visit(path: string): Promise<string>;
  cookie: string | undefined;
  /** What was said about the cookie, each time that it was set. */
  readonly attributes: string[];
  close(): Promise<void>;
}

/** What a store of ours is opened with. */
export interface Opened {
  readonly dynamo: Dynamo;
  readonly tableName: string;
  readonly requestMsMax?: number;
}

/** An Express application with sessions: `/visit` counts, `/read` tells, and the others change them. */
export async function browse(
  store: Store | 'memory' | Opened,
  options: Partial<SessionOptions> = {},
): Promise<Browser> {
  const opened =
    store === 'memory'
      ? new MemoryStore()
      : 'dynamo' in store
        ? new DynamoSessionStore(store)
        : store;
  const app = express();
  app.set('env', 'test');
  app.use(
    session({
      store: opened,
      secret: 'a secret',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 60_000 },
      ...options,
    }),
  );
  app.get('/visit', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    response.send(`visits ${request.session.visits}`);
  });
  app.get('/read', (request, response) => {
    const { visits, user, cookie } = request.session;
    response.send(
      JSON.stringify({ visits, user, minutes: Math.round((cookie.originalMaxAge ?? 0) / 60_000) }),
    );
  });
  app.get('/longer', (request, response) => {
    request.session.cookie.maxAge = 7_200_000;
    request.session.user = 'bob';
    response.send(`minutes ${Math.round((request.session.cookie.maxAge ?? 0) / 60_000)}`);
  });
  app.get('/used', (request, response) => {
    const { cookie } = request.session;
    cookie.originalMaxAge = 3_600_000;
    request.session.user = 'eve';
    request.session.touch();
    const end = cookie.expires?.getTime() ?? 0;
    response.send(`minutes ${Math.round((end - Date.now()) / 60_000)}`);
  });
  app.get('/login', (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.user = 'ann';
      response.send('welcome');
    });
  });
  app.get('/out', (request, response, next) => {
    request.session.destroy((error) => (error ? next(error) : void response.send('bye')));
  });
  app.get('/reload', (request, response, next) => {
    request.session.reload((error) => (error ? next(error) : void response.send('reloaded')));
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const browser: Browser = {
    cookie: undefined,
    attributes: [],
    async visit(path) {
      const { cookie } = this;
      const headers = cookie === undefined ? {} : { cookie };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      const given = response.headers.get('set-cookie');
      if (given !== null) {
        const [cookie, ...attributes] = given.split('; ');
        this.cookie = cookie;
        // Two applications are not asked at the same second.
        const said = attributes.map((one) => one.replace(/^Expires=.*/, 'Expires'));
        this.attributes.push(`${path} ${said.join('; ')}`);
      }
      const text = await response.text();
      return response.status === 200 ? text : `status ${response.status}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return browser;
}
