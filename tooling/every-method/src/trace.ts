import { setImmediate } from 'node:timers/promises';

import type { Monitoring } from '@x/dynamo-core';

import { plain } from './plain.js';
import { invoke, type Subject } from './subject.js';
import { World, type Fault, type Mappings } from './world.js';

/** What a call sends, and what becomes of it. */
export interface Trace {
  readonly outcome: unknown;
  readonly requests: readonly unknown[];
}

interface TraceOptions {
  readonly monitoring?: Monitoring | undefined;
  /** What its requests meet. */
  readonly fault?: Fault | undefined;
  readonly mappings?: Mappings | undefined;
}

/** Makes a call in a world of its own. */
export async function traceOf(
  { open }: Subject,
  method: string,
  args: readonly unknown[],
  { monitoring, fault, mappings }: TraceOptions = {},
): Promise<Trace> {
  const world = new World(monitoring, mappings);
  const opened = await open(world, 'a');
  world.requests.length = 0;
  if (fault !== undefined) world.meet(fault);
  const outcome = await world.drive(
    invoke(opened, method, args).then(
      (result) => ({ result: plain(result) }),
      (error: unknown) => ({ error: String(error) }),
    ),
  );
  await setImmediate();
  return { outcome, requests: [...world.requests] };
}
