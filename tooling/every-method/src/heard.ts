import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';

import { monitoringOf } from '@x/conformance';
import type { ChannelName, Monitoring } from '@x/dynamo-core';

type Told = readonly [name: string, ...rest: readonly unknown[]];

const channels: readonly ChannelName[] = [
  'x-dynamo:lock:acquire',
  'x-dynamo:lock:wait',
  'x-dynamo:lock:lost',
  'x-dynamo:lock:released',
  'x-dynamo:semaphore:acquire',
  'x-dynamo:semaphore:wait',
  'x-dynamo:semaphore:lost',
  'x-dynamo:semaphore:released',
  'x-dynamo:limited-attempt:admitted',
  'x-dynamo:limited-attempt:refused',
  'x-dynamo:do-once:claim',
  'x-dynamo:do-once:takeover',
  'x-dynamo:do-once:repeat',
  'x-dynamo:counter:conflict',
  'x-dynamo:core:batch-repeat',
];

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
