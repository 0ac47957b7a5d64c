import type { DynamoTransport } from './transport.js';

/** A transport that is loaded on its first call. */
export function lazyTransport(
  { usesSockets }: Pick<DynamoTransport, 'usesSockets'>,
  load: () => Promise<DynamoTransport>,
): DynamoTransport {
  let loaded: DynamoTransport | undefined;
  return {
    usesSockets,
    async call(operation, input, options) {
      if (loaded === undefined) {
        options?.signal?.throwIfAborted();
        const made = await load();
        // Two first calls may both get here: the first one to finish provides that of both.
        loaded ??= made;
      }
      return loaded.call(operation, input, options);
    },
  };
}
