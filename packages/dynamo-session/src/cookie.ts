import type { SessionData } from 'express-session';

/** Whether it is an object with a cookie, as all sessions are. */
export function isSession(session: unknown): session is SessionData {
  const cookie = (session as SessionData | null | undefined)?.cookie;
  return typeof cookie === 'object' && cookie !== null;
}

/** The year 5138: no row says a later end. */
const latestMs = 1e14 - 1_000;

/**
 * When a session ends by its cookie, in milliseconds since 1970; `undefined` where the cookie lives as
 * long as the browser.
 */
export function cookieEndMs({ cookie }: Pick<SessionData, 'cookie'>): number | undefined {
  const { expires } = cookie;
  // A date, or the text that JSON made of it.
  const endMs = expires ? new Date(expires).getTime() : Number.NaN;
  return Number.isNaN(endMs) ? undefined : Math.min(endMs, latestMs);
}

/**
 * Gives a session that was read the end that its row has, and returns it. `touch` moves that alone: where the two are a second or
 * more apart, the row is right.
 */
export function withRowEnd(session: SessionData, rowEndMs: number | undefined): SessionData {
  const endMs = cookieEndMs(session);
  if (endMs === undefined || rowEndMs === undefined) return session;
  if (rowEndMs - endMs >= 0 && rowEndMs - endMs < 1000) return session;
  // As the stores of the framework answer: the expiry is the text that JSON has.
  session.cookie.expires = new Date(rowEndMs).toISOString() as unknown as Date;
  return session;
}
