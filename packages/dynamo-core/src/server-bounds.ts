import type { Clock } from './clock.js';
import { instantOf, type Instant } from './instant.js';

/** DynamoDB's time less a machine's, in milliseconds: at least, and at most. */
export interface ClockOffset {
  readonly earliest: number;
  readonly latest: number;
}

interface Known extends ClockOffset {
  readonly at: Instant;
  /** The machine's wall clock less its monotonic one: it changes when the clock is set. */
  readonly gapMs: number;
}

/** `Date` is cut to whole seconds, and may have been cached for another one. */
const headerMs = 2_000;
/** How far the two clocks may drift apart, of the time since the last answer. */
const driftMax = 200e-6;
/** A clock that moved by this against the monotonic one was set, or the machine was suspended. */
const stepMs = 1_000;

/**
 * What DynamoDB's answers say of one machine's clock. Each answer bounds the difference; together
 * they bound it closer. The clock object keeps it, so that all that use the clock know it.
 */
export class ServerBounds {
  #known: Known | undefined;
  /** Whether monitoring has been told of this clock. */
  isReported = false;

  /** What is known now, wider for each second without an answer; `undefined` for nothing. */
  of(machine: Clock): Known | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const now = instantOf(machine);
    if (hasStepped(known.gapMs, now)) {
      this.#known = undefined;
      this.isReported = false;
      return undefined;
    }
    const width = driftMax * (now.monotonicMs - known.at.monotonicMs);
    return { ...known, earliest: known.earliest - width, latest: known.latest + width };
  }

  /** Learns from the answer to an attempt that began `delayMs` after `start`. */
  learn(machine: Clock, serverTimeMs: number, start: Instant, delayMs = 0): void {
    const at = instantOf(machine);
    const known = this.of(machine);
    // The clock was set while the answer was under way: it cannot be compared with both ends.
    if (Number.isNaN(serverTimeMs) || hasStepped(gapOf(start), at)) return;
    const tookMs = at.monotonicMs - start.monotonicMs - delayMs;
    const earliest = serverTimeMs - at.wallMs;
    const alone = { earliest, latest: earliest + headerMs + tookMs, at, gapMs: gapOf(at) };
    this.#known = known === undefined ? alone : intersected(known, alone);
  }
}

/** An answer that contradicts what was known counts alone. */
function intersected(known: Known, answer: Known): Known {
  const earliest = Math.max(known.earliest, answer.earliest);
  const latest = Math.min(known.latest, answer.latest);
  if (earliest > latest) return answer;
  // The two clocks of a machine may drift apart, too. That is no step.
  const drift = driftMax * (answer.at.monotonicMs - known.at.monotonicMs);
  const gapMs = Math.min(Math.max(answer.gapMs, known.gapMs - drift), known.gapMs + drift);
  return { ...answer, earliest, latest, gapMs };
}

function gapOf({ wallMs, monotonicMs }: Instant): number {
  return wallMs - monotonicMs;
}

function hasStepped(gapMs: number, now: Instant): boolean {
  return Math.abs(gapOf(now) - gapMs) >= stepMs;
}
