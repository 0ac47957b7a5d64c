import { systemClock } from '@x/dynamo-core';

import { isHeader } from './kept-credentials.js';
import type { Credentials } from './signer.js';

const attemptsMax = 4;

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
}

/** What a service of credentials answers. One try, and three repeats where that may help. */
export async function ask(url: URL, init: Question = {}, attempts = 1): Promise<string> {
  // `fetch` would show the token in its error.
  const isSound = Object.values(init.headers ?? {}).every(isHeader);
  if (!isSound) throw failure(url.origin, 'has a token that is no header');
  // An instance's own service answers at once, or is not there.
  const signal = AbortSignal.timeout(attempts === 1 ? 1_000 : 5_000);
  let status = 500;
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal });
    const text = await response.text();
    if (response.ok) return text;
    status = response.status;
  } catch (error) {
    if (attempts === attemptsMax) throw error;
  }
  if (attempts === attemptsMax || (status < 500 && status !== 429)) {
    // Not what was answered: it may hold secrets.
    throw failure(url.origin, `answered with status ${status}`);
  }
  await systemClock.sleep(50 * 2 ** attempts);
  return ask(url, init, attempts + 1);
}

/** The names that containers and instances give to parts of credentials. */
interface Found {
  readonly Code?: string | undefined;
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly Token?: string | undefined;
  readonly Expiration?: string | null | undefined;
}

/** The credentials in what a container or an instance answers. */
export async function askForKeys(url: URL, init: Question): Promise<Credentials> {
  const text = await ask(url, init);
  let found: Found | null = null;
  try {
    found = JSON.parse(text) as Found | null;
  } catch {
    // What cannot be read is not shown: it may hold secrets.
  }
  return toCredentials(url, found ?? {});
}

/** The credentials in an answer. */
export function toCredentials({ origin }: URL, found: Found): Credentials {
  const { Code, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Expiration } = found;
  if ((Code && Code !== 'Success') || !accessKeyId || !secretAccessKey) {
    throw failure(origin, 'answered without keys');
  }
  const expiration = Expiration ? new Date(Expiration) : undefined;
  return { accessKeyId, secretAccessKey, sessionToken: found.Token, expiration };
}

function failure(origin: string, what: string): Error {
  return new Error(`Cannot get credentials: ${origin} ${what}`);
}
