import type { World } from './world.js';

/** What a call is given. */
export interface Given {
  /** To be spread into the options of the call: its signal, or nothing. */
  readonly options: { readonly signal?: AbortSignal };
  /** The text that stands in everything that is stored. */
  readonly text: string;
}

/** A way to call a method. */
export interface MethodCall {
  readonly args: (given: Given) => readonly unknown[];
  /**
   * How long it may go on after its signal has aborted, in milliseconds: what gives something back.
   *
   * @default 0
   */
  readonly afterMs?: number;
  /**
   * How long it may take where nothing answers and no signal aborts, in milliseconds.
   *
   * @default 95,000: three requests in turn, each for its 30 s
   */
  readonly endMsMax?: number;
  /** Why it takes no signal. */
  readonly noSignal?: string;
}

/** The public methods of a class, as its type shows them. */
type MethodName<S> = {
  [K in keyof S]: S[K] extends (...args: never) => unknown ? K : never;
}[keyof S] &
  string;

/** A class, or a handle that a method returns, and at least one call of each of its methods. */
export interface Subject<S extends object = object> {
  readonly title: string;
  readonly open: (world: World, text: string) => S | Promise<S>;
  readonly calls: Readonly<
    Record<MethodName<S>, ((given: Given) => readonly unknown[]) | MethodCall>
  >;
}

/** Checks the calls against the class, and forgets it. */
export function subject<S extends object>(described: Subject<S>): Subject {
  return described;
}

/** A call with its title and its subject. */
export type TitledCall = readonly [
  title: string,
  subject: Subject,
  method: string,
  call: MethodCall,
];

/** All calls of all subjects. */
export function everyCall(subjects: readonly Subject[]): TitledCall[] {
  return subjects.flatMap((described) =>
    Object.entries<((given: Given) => readonly unknown[]) | MethodCall>(described.calls).map(
      ([method, call]) =>
        [
          `${described.title}.${method}()`,
          described,
          method,
          typeof call === 'function' ? { args: call } : call,
        ] as const,
    ),
  );
}

/** The calls by their subjects: a test for each call would take more time than the call. */
export function bySubject(calls: readonly TitledCall[]): [title: string, TitledCall[]][] {
  const titles = [...new Set(calls.map(([, { title }]) => title))];
  return titles.map((title) => [title, calls.filter(([, subject]) => subject.title === title)]);
}

/** Checks one call after the other. A failure says which. */
export async function eachCall(
  calls: readonly TitledCall[],
  check: (subject: Subject, method: string, call: MethodCall) => Promise<void>,
): Promise<void> {
  for (const [title, subject, method, call] of calls) {
    try {
      await check(subject, method, call);
    } catch (cause) {
      throw new Error(`${title}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Calls a method, and collects what it lists. */
export async function invoke(
  on: object,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const answer = (on as Record<string, (...given: readonly unknown[]) => unknown>)[method]?.(
    ...args,
  );
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) {
    return await answer;
  }
  const items: unknown[] = [];
  for await (const item of answer as AsyncIterable<unknown>) items.push(item);
  return items;
}
