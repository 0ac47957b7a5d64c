/** The median of several measurements, and their quartiles. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What an operation took, and what the other took that it is compared with, in the same rounds. */
export interface Paired {
  /** Processor time for each run, in microseconds. */
  readonly us: Spread;
  readonly otherUs: Spread;
  /** Of the two, round by round. */
  readonly ratio: Spread;
}

/** How often each of the two runs in a round, and how many of those runs are under way at once. */
export interface RoundOptions {
  readonly rounds: number;
  readonly runs: number;
  readonly otherRuns: number;
  readonly concurrency?: number;
  /** @default 1,500 */
  readonly warmUpRuns?: number;
}

type Run = () => Promise<unknown>;

/**
 * Measures in rounds that hold both, one after the other and in turn first, so that what slows the
@@ */
export async function pairedRounds(run: Run, other: Run, options: RoundOptions): Promise<Paired> {
  const { rounds, runs, otherRuns, concurrency = 1, warmUpRuns = 1_500 } = options;
  const measured: { us: number; otherUs: number }[] = [];
  await cpuUs(run, warmUpRuns, concurrency);
  await cpuUs(other, warmUpRuns, concurrency);
  for (let round = 0; round < rounds; round++) {
    const isFirst = round % 2 === 0;
    const early = isFirst ? await cpuUs(run, runs, concurrency) : undefined;
    const otherUs = await cpuUs(other, otherRuns, concurrency);
    const us = early ?? (await cpuUs(run, runs, concurrency));
    measured.push({ us, otherUs });
  }
  return pairedOf(measured);
}

/** Sums up what both took in each round. */
export function pairedOf(measured: readonly { us: number; otherUs: number }[]): Paired {
  return {
    us: spreadOf(measured.map(({ us }) => us)),
    otherUs: spreadOf(measured.map(({ otherUs }) => otherUs)),
    ratio: spreadOf(measured.map(({ us, otherUs }) => us / otherUs)),
  };
}

/** Processor time for each run, in microseconds. */
async function cpuUs(run: Run, runs: number, concurrency = 1): Promise<number> {
  let left = runs;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  const before = process.cpuUsage();
  await (concurrency === 1 ? worker() : Promise.all(Array.from({ length: concurrency }, worker)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))] ?? NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** A median with its quartiles, for a table. */
export function shown({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
