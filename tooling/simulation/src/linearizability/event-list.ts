import type { Operation } from './history.js';

interface Links {
  readonly operation: number;
  readonly at: number;
  previous: Event | undefined;
  next: Event | undefined;
}

/** An operation begins. */
export interface CallEvent extends Links {
  readonly kind: 'call';
  readonly matching: ReturnEvent;
}

/** An operation ends; at infinity when nobody saw its end. */
interface ReturnEvent extends Links {
  readonly kind: 'return';
}

type Event = CallEvent | ReturnEvent;

/** The calls and returns of a history in order of time, from which operations are taken out. */
export class EventList {
  first: Event | undefined;

  constructor(operations: readonly Operation<unknown, unknown>[]) {
    const events = operations.flatMap(({ calledAt, returned }, operation): Event[] => {
      const links = { operation, previous: undefined, next: undefined };
      const at = returned?.at ?? Number.POSITIVE_INFINITY;
      const matching: ReturnEvent = { ...links, kind: 'return', at };
      return [{ ...links, kind: 'call', at: calledAt, matching }, matching];
    });
    // At the same instant both may have overlapped: the call comes first, which allows more.
    events.sort(
      (a, b) => compare(a.at, b.at) || (a.kind === b.kind ? 0 : a.kind === 'call' ? -1 : 1),
    );
    events.forEach((event, index) => {
      event.previous = events[index - 1];
      event.next = events[index + 1];
    });
    this.first = events[0];
  }

  /** Takes out an operation. */
  lift(call: CallEvent): void {
    this.#unlink(call);
    this.#unlink(call.matching);
  }

  /** Puts back the operation that was taken out last. */
  restore(call: CallEvent): void {
    this.#relink(call.matching);
    this.#relink(call);
  }

  /** The operations that may come next. */
  callsBeforeFirstReturn(): number[] {
    const calls: number[] = [];
    for (let event = this.first; event?.kind === 'call'; event = event.next) {
      calls.push(event.operation);
    }
    return calls;
  }

  #unlink({ previous, next }: Event): void {
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
  }

  #relink(event: Event): void {
    if (event.previous === undefined) this.first = event;
    else event.previous.next = event;
    if (event.next !== undefined) event.next.previous = event;
  }
}

/** Infinity minus infinity is no number. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
