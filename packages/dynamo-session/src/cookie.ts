import type { SessionData } from 'express-session';

import { endIn } from './requests.js';

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

/** What is known of the row of a session. */
interface SessionRow {
  readonly version: string;
  readonly expiresAtMs: number | undefined;
}

/**
 * When a session that was read ends, which its cookie says then, too: a `touch` moves the end of the row
 * alone. The row says whole seconds; what it remembers, or else the cookie, says when in the last of them, or in
 * the one before, as the row's end is counted later. What is further off was counted by a wrong clock.
 */
export function endOf(session: SessionData, { version, expiresAtMs }: SessionRow): number {
  const cookieMs = cookieEndMs(session);
  const rowMs = expiresAtMs ?? Infinity;
  const exactMs = endIn(version) ?? cookieMs ?? rowMs;
  const isOfRow = expiresAtMs === undefined || (exactMs > rowMs - 2000 && exactMs <= rowMs);
  const endMs = isOfRow ? exactMs : rowMs;
  if (cookieMs !== undefined && cookieMs !== endMs) {
    // As the stores of the framework answer: the expiry is the text that JSON has.
    session.cookie.expires = new Date(endMs).toISOString() as unknown as Date;
  }
  return endMs;
}
