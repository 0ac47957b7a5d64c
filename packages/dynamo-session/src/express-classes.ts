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
  /** Makes a cookie of what is stored of one. */
  readonly cookieOf: (stored: Partial<Cookie>) => Cookie;
}

/**
 * The classes of the middleware that uses a store. They are those of the session that it makes: the
 * store needs no copy of the framework of its own, which could be another one.
 */
export function classesOf(generate: Generate, request: object): ExpressClasses {
  // The request itself keeps its session.
  const probe = Object.create(request) as SessionRequest;
  generate(probe);
  const { constructor, cookie } = probe.session as Session;
  return {
    Session: constructor as ExpressClasses['Session'],
    // By its prototype, which says nothing of its class: it holds what sets the expiry and sends the cookie.
    cookieOf: ({ expires, originalMaxAge, ...stored }) =>
      Object.assign(Object.create(Object.getPrototypeOf(cookie) as object) as Cookie, {
        path: '/',
        httpOnly: true,
        ...stored,
        // A date, or the text that JSON made of it; it sets the age, too.
        expires: typeof expires === 'string' ? new Date(expires) : (expires ?? null),
        ...(originalMaxAge !== undefined && { originalMaxAge }),
      }),
  };
}
