import type { FaultKind } from './fault-kind.js';

/** One way in which a pending event may turn out. */
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
  /** World time at which it is over. */
  dueMs: number;
  /** Whether it alone keeps the run going, as a timer keeps a process alive. */
  readonly keepAlive: boolean;
  /** What becomes pending when it is over. */
  readonly event: PendingEvent;
}
