import type { FaultKind } from './fault-kind.js';

/** One way in which something may turn out. */
export interface Outcome {
  /** The fault that this is, or `undefined` for the undisturbed outcome. */
  readonly fault: FaultKind | undefined;
  /** Makes it happen. */
  readonly happen: () => void;
}

/** Something that can happen next: a request arrives, a reply arrives, a sleeper wakes. */
export interface PendingEvent {
  /** The client whose event it is. */
  readonly actor: string;
  /**
   * Whether only the network is behind it (a delayed copy of a request). No process is preempted by
   * such an event, and a stopped process does not hold it up.
   */
  readonly network: boolean;
  /** What may happen. The first one is the undisturbed one. */
  readonly outcomes: readonly Outcome[];
}

/** A sleep that is not over. */
export interface Sleeper {
  /** World time at which it ends. */
  dueMs: number;
  /** Whether it alone keeps the run going, as a timer keeps a process alive. */
  readonly keepAlive: boolean;
  /** What becomes pending when it ends. */
  readonly event: PendingEvent;
}

/** One thing that can happen next, and what it costs of the bounds. */
export interface ScheduleOption extends Outcome {
  /** 1 when a client that could go on is held up, else 0. */
  readonly preemptions: number;
}
