/** What is measured: the same work through a primitive and through the bare client. */
export interface Pair {
  readonly name: string;
  readonly bare: () => Promise<unknown>;
  readonly primitive: () => Promise<unknown>;
}

/** Processor time for each operation, in microseconds, and the ratio of the two. */
export interface Measured {
  readonly name: string;
  readonly bareUs: number;
  readonly primitiveUs: number;
  readonly ratio: number;
}

const concurrency = 16;
const operationsPerRound = 1_500;

/**
 * Measures the pair in rounds that alternate, so that whatever slows the machine down meets both.
 * The figures are those of the fastest rounds: nothing makes code faster than it is, and everything
 * else on the machine makes it slower.
 */
export async function measure({ name, bare, primitive }: Pair, rounds: number): Promise<Measured> {
  await cpuUs(bare);
  await cpuUs(primitive);
  let bareUs = Infinity;
  let primitiveUs = Infinity;
  for (let round = 0; round < rounds; round++) {
    // Which one goes first changes, too: the second one finds a warmer machine.
    const [first, second] = round % 2 === 0 ? [bare, primitive] : [primitive, bare];
    const times = new Map([
      [first, await cpuUs(first)],
      [second, await cpuUs(second)],
    ]);
    bareUs = Math.min(bareUs, times.get(bare) ?? Infinity);
    primitiveUs = Math.min(primitiveUs, times.get(primitive) ?? Infinity);
  }
  return { name, bareUs, primitiveUs, ratio: primitiveUs / bareUs };
}

async function cpuUs(operation: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  let left = operationsPerRound;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await operation();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / operationsPerRound;
}
