import { InvalidInputError } from '@x/dynamo-core';
import { abortable, checkMethods } from '@x/dynamo-core/mechanism';

import type { Credentials } from './signer.js';

/** Finds credentials within a minute. It is asked again five minutes before they end. */
export type CredentialsProvider = () => Promise<Credentials>;

/**
 * Keeps what a provider gave, and asks it again in the background five minutes before that ends. Calls
 * at the same time share one refresh.
 */
export function kept(provide: CredentialsProvider): () => Credentials | Promise<Credentials> {
  let current: Credentials | undefined;
  let pending: Promise<Credentials> | undefined;
  const refresh = (): Promise<Credentials> => {
    // Also where it never answers, the calls that wait for it end, and the next asks again.
    pending ??= abortable(AbortSignal.timeout(60_000), async () => provide())
      .then((fresh) => (current = checkCredentials(fresh)))
      .finally(() => (pending = undefined));
    return pending;
  };
  return () => {
    const leftMs = (current?.expiration?.getTime() ?? Infinity) - Date.now();
    if (current === undefined || !(leftMs > 0)) return refresh();
    // Still good: nobody waits. A failed refresh is repeated by the next call, and throws at the end.
    if (leftMs < 300_000) refresh().catch(() => undefined);
    return current;
  };
}

/** Throws for what cannot sign. No value of it is in the message. */
export function checkCredentials(found: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = Object(found) as Credentials;
  const parts = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  for (const [name, value] of Object.entries(parts)) {
    // The end of a line, as files have it, or an editor's quote: they sign nothing.
    if (isHeader(value)) continue;
    const allowed = 'printable ASCII, no space at its ends';
    throw new InvalidInputError(`credentials.${name}`, typeof value, allowed);
  }
  if (expiration !== undefined) checkMethods('credentials.expiration', expiration, 'getTime');
  return found;
}

/** Whether it can be sent as a header, as a part of one. */
export function isHeader(text: unknown): boolean {
  return typeof text === 'string' && /^[!-~]([ -~]*[!-~])?$/.test(text);
}
