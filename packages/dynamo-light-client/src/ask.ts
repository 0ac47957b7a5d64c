import type { Credentials } from './signer.js';

const attemptsMax = 4;

/** What a service of credentials answers. One try, and three repeats where that may help. */
export async function ask(url: URL, init: RequestInit = {}): Promise<string> {
  for (let attempts = 1; ; attempts++) {
    // An instance's own service answers at once, or is not there.
    const signal = AbortSignal.timeout(attempts === 1 ? 1_000 : 5_000);
    try {
      const response = await fetch(url, { ...init, redirect: 'error', signal });
      const text = await response.text();
      if (response.ok) return text;
      throw new RefusedError(url, response.status);
    } catch (error) {
      if (attempts >= attemptsMax || (error instanceof RefusedError && error.isFinal)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempts));
    }
  }
}

/** Not what was answered: it may hold secrets. */
class RefusedError extends Error {
  override readonly name = 'CredentialsRefusedError';
  readonly isFinal: boolean;

  constructor({ origin }: URL, status: number) {
    super(`Cannot get credentials: ${origin} answered with status ${status}`);
    this.isFinal = status < 500 && status !== 429;
  }
}

/** The names that containers and instances give to parts of credentials. */
interface Found {
  readonly Code?: string | undefined;
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly Token?: string | undefined;
  readonly Expiration?: string | undefined;
}

/** The credentials in an answer, which is named by where it came from. */
export function toCredentials(from: string, found: Found): Credentials {
  const { Code = 'Success', AccessKeyId, SecretAccessKey, Token, Expiration } = found;
  if (Code !== 'Success' || !AccessKeyId || !SecretAccessKey) {
    throw new Error(`Cannot read the credentials of ${from}: keys are missing`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiration: Expiration === undefined ? undefined : new Date(Expiration),
  };
}

/** An answer in JSON. What cannot be read is not shown: it may hold secrets. */
export function parsed(from: string, text: string): Found {
  try {
    return JSON.parse(text) as Found;
  } catch {
    throw new Error(`Cannot read the credentials of ${from}: they are no JSON`);
  }
}
