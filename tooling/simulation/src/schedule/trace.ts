/** One line of a trace. The text is made only when the trace is shown. */
export interface TraceEntry {
  /** World time since the start of the run. */
  readonly atMs: number;
  readonly actor: string;
  readonly text: () => string;
}

/** The trace as lines: time, actor, what happened. */
export function formatTrace(entries: readonly TraceEntry[]): string[] {
  const times = entries.map(({ atMs }) => `+${atMs}ms`);
  const timeWidth = Math.max(0, ...times.map((time) => time.length));
  const actorWidth = Math.max(0, ...entries.map(({ actor }) => actor.length));
  return entries.map(({ actor, text }, index) =>
    [(times[index] ?? '').padStart(timeWidth), actor.padEnd(actorWidth), text()]
      .join('  ')
      .trimEnd(),
  );
}
