import type { Cookie, Session, SessionData } from 'express-session';

/** What the middleware hands to a store: it makes a new session for a request. */
export type Generate = (request: SessionRequest) => void;

/** The part of a request that sessions need. */
export interface SessionRequest {
  sessionID: string;
  session?: Session & { cookie: Cookie };
}

/** The classes of the `express-session` that uses the store. */
export interface ExpressClasses {
  readonly Session: new (request: object, data: object) => Session & SessionData;
  readonly Cookie: new (options: object) => Cookie;
}

/**
 * The classes of the middleware that uses a store. They are those of the session that it makes: the
 * store needs no copy of the framework of its own, which could be another one.
 */
export function classesOf(generate: Generate, request: object): ExpressClasses {
  // The request itself keeps its session.
  const probe = Object.create(request) as SessionRequest;
  generate(probe);
  const session = probe.session as Session;
  return {
    Session: session.constructor as ExpressClasses['Session'],
    Cookie: session.cookie.constructor as ExpressClasses['Cookie'],
  };
}
