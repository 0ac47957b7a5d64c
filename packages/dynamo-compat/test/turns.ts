import { setImmediate, setTimeout } from 'node:timers/promises';

import type { DynamoTransport } from '@x/dynamo-core';
import type { ManualClock } from '@x/dynamo-testing';
import * as fc from 'fast-check';

/** What a process can do, by name. */
export type Actor = Readonly<Record<string, (value: number) => Promise<unknown>>>;

/** One thing that one of them does. */
export interface Step {
  readonly actor: number;
  readonly name: string;
  readonly value: number;
}

/** Requests go out one at a time, in the order that is picked: what lies between two of them is seen. */
export class Turns {
  readonly #waiting: (() => Promise<void>)[] = [];

  /** A transport whose requests wait for their turn. */
  of(inner: DynamoTransport): DynamoTransport {
    return { call: (...request) => this.wait(() => inner.call(...request)) };
  }

  /** The same, where each third response is lost, so that its request is repeated, in another turn. */
  lossy(inner: DynamoTransport): DynamoTransport {
    let requests = 0;
    return {
      call: async (...request) => {
        const send = () => inner.call(...request);
        requests += 1;
        if (requests % 3 === 0) await this.wait(() => send().catch(() => {}));
        return this.wait(send);
      },
    };
  }

  /** Something that takes a turn of its own. */
  wait<T>(act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => act().then(resolve, reject));
    });
  }

  /** Until every process waits for its turn, or for time: none of them may be loading a module. */
  async #settled(hasEnded: () => boolean): Promise<void> {
    for (let round = 0; round < 3; round++) await setImmediate();
    if (this.#waiting.length === 0 && !hasEnded()) await setTimeout(5);
  }

  /** Lets each actor do its steps in their order. Time passes where all of them wait for it. */
  async run(
    actors: readonly Actor[],
    { steps, picks }: Script,
    clock: ManualClock,
    onDone: (step: Step, answer: unknown) => void,
  ): Promise<void> {
    let busy = actors.length;
    let failure: { readonly error: unknown } | undefined;
    const scripts = actors.map(async (actor, index) => {
      for (const step of steps.filter((each) => each.actor === index)) {
        onDone(step, await actor[step.name]?.(step.value));
      }
    });
    for (const script of scripts) {
      script.catch((error: unknown) => (failure ??= { error })).finally(() => busy--);
    }
    for (let turn = 0; ; turn++) {
      await this.#settled(() => busy === 0);
      if (failure !== undefined) throw failure.error;
      if (busy === 0) return;
      const pick = (picks[turn % picks.length] ?? 0) % Math.max(1, this.#waiting.length);
      const [next] = this.#waiting.splice(pick, 1);
      await (next === undefined ? clock.advance(500) : next());
    }
  }
}

/** What the actors do, and whose request goes out next. */
export interface Script {
  readonly steps: readonly Step[];
  readonly picks: readonly number[];
}

/** Scripts for actors, with small values. */
export function scriptsFor(actors: readonly Actor[]): fc.Arbitrary<Script> {
  const names = actors.flatMap((each, actor) => Object.keys(each).map((name) => ({ actor, name })));
  const step = fc
    .tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 4 }))
    .map(([each, value]) => ({ ...each, value }));
  return fc.record({
    steps: fc.array(step, { minLength: 30, maxLength: 60 }),
    picks: fc.array(fc.nat({ max: 11 }), { minLength: 20, maxLength: 60 }),
  });
}
