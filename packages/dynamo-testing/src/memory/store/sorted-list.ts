/** Where a value stands: before what is sought (negative), there (0) or behind it (positive). */
export type Place<T> = (value: T) => number;

const chunkMax = 512;

/**
 * Values in an order that the places of its callers agree on, cut into chunks: to put and to
 * delete takes time that grows with the logarithm of the size.
 */
export class SortedList<T> {
  /** None of them is empty. */
  readonly #chunks: T[][] = [];
  #size = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** Puts a value at its place. Returns the one that it replaces. */
  put(value: T, place: Place<T>): T | undefined {
    const { chunk, index } = this.#first((other) => place(other) >= 0);
    const values = this.#chunks[chunk];
    const there = values?.[index];
    if (values && there !== undefined && place(there) === 0) {
      values[index] = value;
      return there;
    }
    this.#size += 1;
    if (values) this.#insert(values, chunk, index, value);
    else if (this.#chunks.length === 0) this.#chunks.push([value]);
    // Behind everything: it belongs to the last chunk.
    else this.#append(value);
    return undefined;
  }

  /** Removes the value at this place and returns it. */
  delete(place: Place<T>): T | undefined {
    const { chunk, index } = this.#first((value) => place(value) >= 0);
    const values = this.#chunks[chunk];
    const there = values?.[index];
    if (!values || there === undefined || place(there) !== 0) return undefined;
    values.splice(index, 1);
    if (values.length === 0) this.#chunks.splice(chunk, 1);
    this.#size -= 1;
    return there;
  }

  /** The values from this place on. The list must not change meanwhile. */
  *from(place: Place<T>): Generator<T> {
    let { chunk, index } = this.#first((value) => place(value) >= 0);
    for (; chunk < this.#chunks.length; chunk += 1, index = 0) {
      const values = this.#chunks[chunk] as T[];
      for (; index < values.length; index += 1) yield values[index] as T;
    }
  }

  /** The values up to this place, the last one first. The list must not change meanwhile. */
  *backFrom(place: Place<T>): Generator<T> {
    let { chunk, index } = this.#first((value) => place(value) > 0);
    for (; chunk >= 0; chunk -= 1, index = this.#chunks[chunk]?.length ?? 0) {
      const values = this.#chunks[chunk] ?? [];
      while (index > 0) {
        index -= 1;
        yield values[index] as T;
      }
    }
  }

  /** The first value that fulfils what all behind it fulfil. */
  #first(isThere: (value: T) => boolean): { chunk: number; index: number } {
    const chunk = firstIndex(this.#chunks, (values) => isThere(values[values.length - 1] as T));
    const index = firstIndex(this.#chunks[chunk] ?? [], isThere);
    return { chunk, index };
  }

  #append(value: T): void {
    const last = this.#chunks.length - 1;
    const values = this.#chunks[last] as T[];
    this.#insert(values, last, values.length, value);
  }

  #insert(values: T[], chunk: number, index: number, value: T): void {
    values.splice(index, 0, value);
    if (values.length <= chunkMax) return;
    this.#chunks.splice(chunk + 1, 0, values.splice(chunkMax >>> 1));
  }
}

function firstIndex<T>(values: readonly T[], isThere: (value: T) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isThere(values[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
