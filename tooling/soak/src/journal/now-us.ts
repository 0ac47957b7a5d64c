/** Microseconds on the monotonic clock of the machine, which all its processes share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
