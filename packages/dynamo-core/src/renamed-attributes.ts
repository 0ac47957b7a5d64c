import { lazyTransport, onFirstUse } from './on-first-use.js';
import type { DynamoTransport } from './transport.js';

const renamings = /* @__PURE__ */ onFirstUse(() => import('./rename-attributes.js'));

/**
 * A transport for a table that calls attributes otherwise than the requests do: they are renamed on
 * their way, in keys, rows and expressions, and back in the answers and in the rows of errors. Where
 * nothing is called otherwise it is the transport itself.
 *
 * @param tableName the table; items of a transaction that are about others are left as they are
 * @param names what the table calls our attributes, by our names
 */
export function renamed(
  transport: DynamoTransport,
  tableName: string,
  names: Readonly<Record<string, string>>,
): DynamoTransport {
  const differing = Object.entries(names).filter(([ours, theirs]) => ours !== theirs);
  if (differing.length === 0) return transport;
  return lazyTransport(transport, async () => {
    const { renaming } = await renamings();
    return renaming(transport, tableName, differing);
  });
}
