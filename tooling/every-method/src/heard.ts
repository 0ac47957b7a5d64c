import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

import { monitoringOf } from '@x/conformance';
import type { Monitoring } from '@x/dynamo-core';

type Told = readonly [name: string, ...rest: readonly unknown[]];

/** All that there are: a new one is heard, too. */
const source = new URL(
  '../../../packages/dynamo-core/src/diagnostics-channels.ts',
  import.meta.url,
);
const channels = new Set(readFileSync(source, 'utf8').match(/x-dynamo:[\w-]+:[\w-]+/g));

/** Remembers what goes to a logger, to metrics and to the channels. */
export class Heard implements Disposable {
  readonly told: Told[] = [];
  readonly #hear = (message: unknown, name: string | symbol): void =>
    void this.told.push([String(name), message]);

  constructor() {
    for (const channel of channels) subscribe(channel, this.#hear);
  }

  /** What a primitive is given. */
  get monitoring(): Monitoring {
    return monitoringOf(
      (name) =>
        (...rest) =>
          void this.told.push([name, ...rest]),
    );
  }

  [Symbol.dispose](): void {
    for (const channel of channels) unsubscribe(channel, this.#hear);
  }
}

/** All that a log would show of something: of an error also its message and that of its causes. */
export function shown(thing: unknown): string {
  const shownToo = { depth: Infinity, maxArrayLength: null, maxStringLength: null };
  const texts = [inspect(thing, shownToo)];
  try {
    texts.push(JSON.stringify(thing) ?? '');
  } catch (error) {
    throw new Error('JSON.stringify() refuses it', { cause: error });
  }
  for (let each: unknown = thing; isError(each); each = each.cause) {
    texts.push(each.message, String(each), JSON.stringify(each) ?? '');
    if (each instanceof AggregateError) texts.push(...each.errors.map(shown));
  }
  return texts.join('\n');
}

function isError(thing: unknown): thing is Error {
  return typeof thing === 'object' && thing !== null && 'message' in thing;
}
