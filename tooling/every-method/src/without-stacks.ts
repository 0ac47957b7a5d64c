import { afterAll, beforeAll } from 'vitest';

/** Thousands of errors are made, and nobody reads where: their stacks would take most of the time. */
export function withoutStacks(): void {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
}
