import { AsyncLocalStorage } from 'node:async_hooks';

/** What one invocation asked for. */
export interface Claim {
  /** What it was asked with. */
  readonly data: unknown;
  /** Its own id, and of no other invocation. */
  readonly owner: string;
  /** What it would claim; `undefined` before it is sent. */
  key?: string;
  /** Whether it has got it. */
  isHeld?: boolean;
}

/**
 * Which claim an invocation has made. Powertools passes nothing from the beginning of an invocation to
 * its end but what it was called with. Overlapping invocations of one key are told apart by that where
 * it is an object of their own (also where hooks of a framework run them, each in a context of its own), and by
 * their asynchronous context where it is a text, or one object for all.
 */
export class Claims {
  /** The claims that may be meant. */
  readonly #meant = new AsyncLocalStorage<readonly Claim[]>();
  /** The last for each key, by what it was asked with; that without a key is not sent. */
  readonly #byData = new WeakMap<object, Map<string | undefined, Claim>>();

  /** Begins one, for the rest of the invocation. */
  begin(data: unknown, owner: string): void {
    const claim: Claim = { data, owner };
    this.#of(data)?.set(undefined, claim);
    this.#meant.enterWith([claim]);
  }

  /** The one that has just begun, as it gets its key. */
  sent(key: string): Claim | undefined {
    const [claim] = this.#meant.getStore() ?? [];
    if (claim === undefined) return undefined;
    claim.key = key;
    const others = this.#of(claim.data);
    others?.delete(undefined);
    others?.set(key, claim);
    return claim;
  }

  /** Ends the claim of the invocation that was called with that. `end` asks for it by `ending`. */
  end<T>(data: unknown, end: () => Promise<T>): Promise<T> {
    const known = [...(this.#meant.getStore() ?? []), ...(this.#of(data)?.values() ?? [])];
    return this.#meant.run(
      known.filter((claim) => claim.data === data),
      end,
    );
  }

  /**
   * The claim of the invocation that ends; `undefined` where it has made none. It may end twice: a
   * framework removes what it could not complete.
   */
  ending(key: string): Claim | undefined {
    return this.#meant.getStore()?.find((one) => (one.key ?? key) === key);
  }

  #of(data: unknown): Map<string | undefined, Claim> | undefined {
    if (typeof data !== 'object' || data === null) return undefined;
    const known = this.#byData.get(data) ?? new Map<string | undefined, Claim>();
    this.#byData.set(data, known);
    return known;
  }
}
