import type { DynamoTransport } from './transport.js';

type Load = () => unknown;

const all = /* @__PURE__ */ new Set<Load>();

/** Gives what is loaded on first use: a promise of it until it is there. */
export type OnFirstUse<T> = () => T | Promise<T>;

/**
 * Loads a module when it is needed first, and has it at hand from then on: `import()` alone takes
 * several microseconds each time. Arguments are checked and copied before it is waited for.
 *
 * @example
 * ```ts
 * import { onFirstUse } from '@x/dynamo-core/mechanism';
 *
 * const zip = onFirstUse(() => import('node:zlib'));
 * const { gzipSync } = await zip();
 * console.log(gzipSync('a').byteLength);
 * ```
 */
export function onFirstUse<T>(load: () => Promise<T>): OnFirstUse<T> {
  let loaded: T | undefined;
  const get = (): T | Promise<T> => loaded ?? load().then((module) => (loaded = module));
  all.add(get);
  return get;
}

/** An iteration whose code is loaded when it begins. */
export async function* iterationOf<T>(
  begin: () => Promise<AsyncIterable<T>>,
): AsyncGenerator<T, void, undefined> {
  yield* await begin();
}

/**
 * Loads now what all the packages of the process load on first use: for one that has time before its
 * first call.
 *
 * @example
 * ```ts
 * import { preload } from '@x/dynamo-core/mechanism';
 *
 * await preload();
 * ```
 */
export async function preload(): Promise<void> {
  // The loop also comes to what is added meanwhile: by modules that are loaded here.
  for (const get of all) await get();
}

/** A transport that is loaded on its first call. */
export function lazyTransport(
  { usesSockets }: Pick<DynamoTransport, 'usesSockets'>,
  load: () => Promise<DynamoTransport>,
): DynamoTransport {
  let loaded: DynamoTransport | undefined;
  const first: DynamoTransport['call'] = async (operation, input, options) => {
    options?.signal?.throwIfAborted();
    const made = await load();
    // Two first calls may both get here: the first one to finish provides that of both.
    loaded ??= made;
    return loaded.call(operation, input, options);
  };
  return {
    usesSockets,
    call: (operation, input, options) =>
      loaded === undefined
        ? first(operation, input, options)
        : loaded.call(operation, input, options),
  };
}
