import { InvalidInputError } from '@x/dynamo-core';

import type { Credentials } from './signer.js';

/** Finds credentials. It is asked again five minutes before they end. */
export type CredentialsProvider = () => Promise<Credentials>;

const refreshMs = 300_000;

/**
 * Keeps what a provider gave, and asks it again in the background five minutes before that ends. Calls
 * at the same time share one refresh.
 */
export function kept(provide: CredentialsProvider): () => Credentials | Promise<Credentials> {
  let current: Credentials | undefined;
  let pending: Promise<Credentials> | undefined;
  const refresh = (): Promise<Credentials> => {
    pending ??= provide()
      .then((fresh) => (current = checkCredentials(fresh)))
      .finally(() => (pending = undefined));
    return pending;
  };
  return () => {
    if (current === undefined) return refresh();
    if (current.expiration === undefined) return current;
    const leftMs = current.expiration.getTime() - Date.now();
    if (!(leftMs > 0)) return refresh();
    // Still good: nobody waits. A failed refresh is repeated by the next call, and throws at the end.
    if (leftMs < refreshMs) refresh().catch(() => undefined);
    return current;
  };
}

/** Throws for what cannot sign. No value of it is in the message. */
export function checkCredentials(found: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, expiration } = Object(found) as Partial<Credentials>;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey })) {
    if (typeof value === 'string' && value !== '') continue;
    throw new InvalidInputError(`credentials.${name}`, typeof value, 'a string that is not empty', {
      isData: true,
    });
  }
  if (expiration !== undefined && !isDate(expiration)) {
    throw new InvalidInputError('credentials.expiration', typeof expiration, 'a Date');
  }
  return found;
}

/** Also one of another realm, as a test runner may make it. */
function isDate(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Date]';
}
