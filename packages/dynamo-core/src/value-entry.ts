import type { CallerKey } from './errors.js';
import { expiryMs } from './input-checks.js';
import { onFirstUse, type OnFirstUse } from './on-first-use.js';
import type { Item } from './transport.js';
import type { Entry, ValueStore } from './value-options.js';
import type * as requests from './value-requests.js';
import { storedValue } from './write-value.js';

/** What few calls of a table need: deletes, digests, sizes of large values. */
export const seldom: OnFirstUse<typeof requests> = /* @__PURE__ */ onFirstUse(
  () => import('./value-requests.js'),
);

/** The value in a row that was read; `call` stands for all that is decoded together. */
export async function entryOf(
  rows: Omit<ValueStore<never>, 'address'>,
  key: CallerKey,
  item: Item | undefined,
  call?: object,
): Promise<Entry<unknown> | undefined> {
  const stored = storedValue(item, rows, rows.clock.now());
  if (stored === undefined) return undefined;
  const value = await rows.codec.decode(stored.data, key, call);
  // A row of the original has no version, but the digest of its data.
  const version =
    stored.version === undefined ? (await seldom()).versionToken(stored) : `id:${stored.version}`;
  return { value, version, expiresAtMs: expiryMs(stored.expiresAt) };
}
