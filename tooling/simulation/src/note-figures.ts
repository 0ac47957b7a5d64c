import { appendFileSync } from 'node:fs';

/** What a search came to, for those who count what was searched. */
export interface Figures {
  readonly kind: 'explore' | 'sample';
  readonly name: string | undefined;
  /** Schedules. */
  readonly count: number;
  /** Whether there was nothing else within the bounds. */
  readonly exhausted: boolean;
  /** Whether something was found: by breakages that are kept to show that it can be. */
  readonly found: boolean;
}

/** Adds a line to the file that the variable `SIM_FIGURES` names, if it names one. */
export function noteFigures(figures: Figures): void {
  const path = process.env['SIM_FIGURES'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(figures)}\n`);
}
