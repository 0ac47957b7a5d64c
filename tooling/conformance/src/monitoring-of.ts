import type { Monitoring } from '@x/dynamo-core';

/** Monitoring whose methods are all made of their names. */
export function monitoringOf(make: (name: string) => (...told: unknown[]) => unknown): Monitoring {
  const method = (name: string): [string, unknown] => [name, make(name)];
  return {
    logger: Object.fromEntries(['debug', 'info', 'warn', 'error'].map(method)),
    metrics: Object.fromEntries(['increment', 'timing'].map(method)),
  } as unknown as Monitoring;
}
