import { plain } from './plain.js';
import { invoke, type Subject } from './subject.js';
import { World } from './world.js';

/** What a call sends, and what becomes of it. */
export interface Trace {
  readonly outcome: unknown;
  readonly requests: readonly unknown[];
}

/** Makes a call in a world of its own. `meanwhile` runs as soon as it has been called. */
export async function traceOf(
  { open }: Subject,
  method: string,
  args: readonly unknown[],
  meanwhile: () => void = () => undefined,
): Promise<Trace> {
  const world = new World();
  const opened = await open(world, 'a');
  world.requests.length = 0;
  const call = invoke(opened, method, args);
  meanwhile();
  const outcome = await world.drive(
    call.then(
      (result) => ({ result: plain(result) }),
      (error: unknown) => ({ error: String(error) }),
    ),
  );
  return { outcome, requests: [...world.requests] };
}
