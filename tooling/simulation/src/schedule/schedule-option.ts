import type { PendingEvent } from './pending-event.js';

/** One thing that can happen next, and what it costs of the bounds. */
export interface ScheduleOption {
  /** The event that happens, or `undefined` when time moves. */
  readonly event: PendingEvent | undefined;
  /** Which outcome of the event; above 0 it is a fault. */
  readonly outcome: number;
  /** Where time moves to, when no event happens. */
  readonly timeMs: number;
  /** Whether it uses one of the listed ticks. */
  readonly isTick: boolean;
  /** 1 when a client that could have gone on is held up, else 0. */
  readonly preemptions: number;
}

/** An event happens with one of its outcomes. */
export function eventOption(
  event: PendingEvent,
  outcome: number,
  preemptions: number,
): ScheduleOption {
  return { event, outcome, timeMs: 0, isTick: false, preemptions };
}

/** Time moves, to the next timer or by one of the listed ticks. */
export function timeOption(timeMs: number, isTick: boolean, preemptions: number): ScheduleOption {
  return { event: undefined, outcome: 0, timeMs, isTick, preemptions };
}
