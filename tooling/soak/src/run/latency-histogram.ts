/** Each bin is so much wider than the one before. */
const growth = 1.05;
const leastMs = 0.05;

/** How often which latency came, to within five in a hundred. */
export class LatencyHistogram {
  readonly #bins = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const bin = Math.ceil(Math.log(Math.max(ms, leastMs) / leastMs) / Math.log(growth));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#count++;
  }

  /** The latency that this share of all did not exceed, in milliseconds; 0 for none. */
  percentile(share: number): number {
    let left = this.#count * share;
    for (const bin of [...this.#bins.keys()].toSorted((a, b) => a - b)) {
      left -= this.#bins.get(bin) ?? 0;
      if (left <= 0) return leastMs * growth ** bin;
    }
    return 0;
  }
}
