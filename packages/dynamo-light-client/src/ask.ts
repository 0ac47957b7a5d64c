import { isHeader } from './kept-credentials.js';
import type { Credentials } from './signer.js';

const attemptsMax = 4;

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
}

/** What a service of credentials answers. One try, and three repeats where that may help. */
export async function ask(url: URL, init: Question = {}): Promise<string> {
  for (const [name, value] of Object.entries(init.headers ?? {})) {
    // `fetch` would show the token in its error.
    if (isHeader(value)) continue;
    throw new Error(`Cannot get credentials: ${name} for ${url.origin} is no header`);
  }
  for (let attempts = 1; ; attempts++) {
    // An instance's own service answers at once, or is not there.
    const signal = AbortSignal.timeout(attempts === 1 ? 1_000 : 5_000);
    try {
      const response = await fetch(url, { ...init, redirect: 'error', signal });
      const text = await response.text();
      if (response.ok) return text;
      // Not what was answered: it may hold secrets.
      const { status } = response;
      const message = `Cannot get credentials: ${url.origin} answered with status ${status}`;
      const isFinal = status < 500 && status !== 429;
      throw Object.assign(new Error(message), { name: 'CredentialsRefusedError', isFinal });
    } catch (error) {
      if (attempts >= attemptsMax || (error as { isFinal?: boolean }).isFinal === true) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempts));
    }
  }
}

/** The names that containers and instances give to parts of credentials. */
interface Found {
  readonly Code?: string | undefined;
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly Token?: string | undefined;
  readonly Expiration?: string | null | undefined;
}

/** The credentials in an answer, which is named by where it came from. */
export function toCredentials(from: string, found: Found | null): Credentials {
  const { Code = 'Success', AccessKeyId, SecretAccessKey, Token, Expiration } = found ?? {};
  if (Code !== 'Success' || !AccessKeyId || !SecretAccessKey) {
    throw new Error(`Cannot get credentials: ${from} answered without keys`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiration: Expiration ? new Date(Expiration) : undefined,
  };
}

/** An answer in JSON. What cannot be read is not shown: it may hold secrets. */
export function parsed(text: string): Found | null {
  try {
    return JSON.parse(text) as Found | null;
  } catch {
    return null;
  }
}
