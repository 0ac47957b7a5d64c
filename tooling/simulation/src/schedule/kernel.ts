import type { PendingEvent, ScheduleOption, Sleeper } from './pending-event.js';
import type { TraceEntry } from './trace.js';

/** What bounds one schedule. */
export interface KernelLimits {
  readonly startMs: number;
  readonly preemptionsMax: number;
  readonly faultsMax: number;
  readonly ticksMs: readonly number[];
  /** How long each event takes until it can happen; without it, events wait for the scheduler alone. */
  readonly latencyMs?: (() => number) | undefined;
}

/**
 * Time, pending events and the faults that are left, of one schedule. It says what can happen next
 * and makes one of it happen; it decides nothing itself.
 */
export class Kernel {
  readonly startMs: number;
  readonly trace: TraceEntry[] = [];
  /** How many of the preemptions and of the faults were used. */
  preemptions = 0;
  faults = 0;
  readonly #limits: KernelLimits;
  #nowMs: number;
  #events: PendingEvent[] = [];
  #sleepers: Sleeper[] = [];
  readonly #pausedUntilMs = new Map<string, number>();
  #current: string | undefined;
  #ticksUsed = 0;

  constructor(limits: KernelLimits) {
    this.#limits = limits;
    this.startMs = limits.startMs;
    this.#nowMs = limits.startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  log(actor: string, text: () => string): void {
    this.trace.push({ atMs: this.#nowMs - this.startMs, actor, text });
  }

  add(event: PendingEvent): void {
    const ms = this.#limits.latencyMs?.() ?? 0;
    this.addSleeper({ dueMs: this.#nowMs + ms, keepAlive: true, event });
  }

  /** Takes back an event that has not happened. */
  remove(event: PendingEvent): void {
    this.#events = this.#events.filter((other) => other !== event);
  }

  addSleeper(sleeper: Sleeper): void {
    if (sleeper.dueMs <= this.#nowMs) this.#events.push(sleeper.event);
    else this.#sleepers.push(sleeper);
  }

  /** Takes back a sleeper, whether or not it is due. */
  removeSleeper(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    this.remove(sleeper.event);
  }

  /** Stops a process until the world is `ms` further; its requests in flight still arrive. */
  pause(actor: string, ms: number): void {
    this.#pausedUntilMs.set(actor, this.#nowMs + ms);
    if (this.#current === actor) this.#current = undefined;
  }

  /** Lets the timers of a client end later by this. */
  delaySleepers(actor: string, byMs: number): void {
    for (const sleeper of this.#sleepers) {
      if (sleeper.event.actor === actor) sleeper.dueMs += byMs;
    }
  }

  /** Stops a process for ever. Delayed copies of its requests still arrive. */
  crash(actor: string): void {
    this.#events = this.#events.filter((event) => event.network || event.actor !== actor);
    this.#sleepers = this.#sleepers.filter(({ event }) => event.actor !== actor);
    this.#pausedUntilMs.delete(actor);
  }

  /** Whether the run has ended once every actor is done: nothing in flight, no timer held. */
  isQuiet(): boolean {
    return this.#events.length === 0 && this.#sleepers.every(({ keepAlive }) => !keepAlive);
  }

  /**
   * What can happen next. The first option is the plainest one: the client that acted last goes on,
   * undisturbed. Nothing can happen when the list is empty.
   */
  options(): ScheduleOption[] {
    const enabled = this.#events.filter((event) => event.network || !this.#isPaused(event.actor));
    const process = enabled.filter(({ network }) => !network);
    const current = process.filter(({ actor }) => actor === this.#current);
    const others = enabled.filter((event) => !current.includes(event));
    // Switching away from a client that could go on is what the preemption bound counts.
    const switchCost = current.length > 0 ? 1 : 0;
    const costOf = (event: PendingEvent): number =>
      event.network || event.actor === this.#current ? 0 : switchCost;

    const options: ScheduleOption[] = [];
    const offer = (isFault: boolean): void => {
      for (const event of [...current, ...others]) {
        for (const { fault, happen } of event.outcomes) {
          if ((fault !== undefined) !== isFault) continue;
          const act = (): void => this.#act(event, happen);
          options.push({ fault, preemptions: costOf(event), happen: act });
        }
      }
    };
    offer(false);
    this.#addTimeOptions(options, process.length > 0 ? 1 : 0);
    if (this.faults < this.#limits.faultsMax) offer(true);
    const left = this.#limits.preemptionsMax - this.preemptions;
    return options.filter(({ preemptions }) => preemptions <= left);
  }

  /** Makes one option happen. */
  take({ preemptions, fault, happen }: ScheduleOption): void {
    this.preemptions += preemptions;
    if (fault !== undefined) this.faults++;
    happen();
  }

  #act(event: PendingEvent, happen: () => void): void {
    this.remove(event);
    if (!event.network) this.#current = event.actor;
    happen();
  }

  #addTimeOptions(options: ScheduleOption[], preemptions: number): void {
    const next = this.#nextDueMs();
    // While a client could go on, a timer that ends first means that this client was held up.
    if (next !== undefined) {
      options.push({ fault: undefined, preemptions, happen: () => this.#advanceTo(next) });
    }
    const tick = this.#limits.ticksMs[this.#ticksUsed];
    if (tick === undefined || (options.length === 0 && next === undefined)) return;
    const happen = (): void => {
      this.#advanceTo(this.#nowMs + tick);
      this.#ticksUsed++;
    };
    options.push({ fault: undefined, preemptions: 0, happen });
  }

  #nextDueMs(): number | undefined {
    const times = this.#sleepers.map(({ dueMs }) => dueMs);
    for (const untilMs of this.#pausedUntilMs.values()) {
      if (untilMs > this.#nowMs) times.push(untilMs);
    }
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #advanceTo(timeMs: number): void {
    const byMs = timeMs - this.#nowMs;
    this.log('clock', () => `+${byMs}ms`);
    this.#nowMs = timeMs;
    const due = this.#sleepers.filter(({ dueMs }) => dueMs <= timeMs);
    this.#sleepers = this.#sleepers.filter(({ dueMs }) => dueMs > timeMs);
    due.sort((a, b) => a.dueMs - b.dueMs);
    this.#events.push(...due.map(({ event }) => event));
  }

  #isPaused(actor: string): boolean {
    return (this.#pausedUntilMs.get(actor) ?? 0) > this.#nowMs;
  }
}
