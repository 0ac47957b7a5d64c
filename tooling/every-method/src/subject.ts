import { collected, type MethodName } from '@x/conformance';
import { test } from 'vitest';

import type { World } from './world.js';

/** What a call is given. */
export interface Given {
  /** To be spread into the options of the call: its signal, or nothing. */
  readonly options: { readonly signal?: AbortSignal };
  /** The text that stands in everything that is stored. */
  readonly text: string;
}

export type Args = (given: Given) => readonly unknown[];

/** A way to call a method. */
export interface MethodCall {
  readonly args: Args;
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

/** A class, or a handle that a method returns, and at least one call of each of its methods. */
export interface Subject<S extends object = object> {
  readonly title: string;
  readonly open: (world: World, text: string) => S | Promise<S>;
  readonly calls: Readonly<Record<MethodName<S>, Args | MethodCall>>;
}

/** What a framework reads its methods off, which is a class to itself. */
export type Methods = Record<string, (...args: never[]) => unknown>;

/** Makes calls of methods that take no signal, as somebody else has said what they take. */
export function withoutSignal(noSignal: string): (args: Args) => MethodCall {
  return (args) => ({ args, noSignal });
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

/** All calls of some subjects. */
export function callsOf(subjects: readonly Subject[]): TitledCall[] {
  return subjects.flatMap((described) =>
    Object.entries<Args | MethodCall>(described.calls).map(([method, call]) => {
      const title = `${described.title}.${method}()`;
      return [
        title,
        described,
        method,
        typeof call === 'function' ? { args: call } : call,
      ] as const;
    }),
  );
}

/**
 * Checks calls one after the other, in a test for each subject: one for each call would take more time
 * than the call. A failure says which it was.
 */
export function testEach(
  title: string,
  calls: readonly TitledCall[],
  check: (subject: Subject, method: string, call: MethodCall) => Promise<void>,
): void {
  const subjects = [...new Set(calls.map(([, of]) => of))];
  const titled = subjects.map((of) => [title.replace('%s', of.title), of] as const);
  test.each(titled)('%s', async (_, of) => {
    const { stackTraceLimit } = Error;
    // Thousands of errors are made, and nobody reads where: their stacks would take most of the time.
    Error.stackTraceLimit = 0;
    try {
      for (const [name, , method, call] of calls.filter(([, each]) => each === of)) {
        await check(of, method, call).catch((cause: Error) => {
          throw new Error(`${name}: ${cause.message}`, { cause });
        });
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
}

/** Calls a method, and collects what it lists. */
export async function invoke(
  on: object,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const methods = on as Record<string, (...given: readonly unknown[]) => unknown>;
  return collected(methods[method]?.(...args));
}
