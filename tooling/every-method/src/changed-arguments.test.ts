import { types } from 'node:util';
import { expect, test } from 'vitest';

import { everySubject } from './every-subject.js';
import { bySubject, eachCall, everyCall } from './subject.js';
import { traceOf, type Trace } from './trace.js';

/** Without the ids and fences that are drawn: compat has no option for their source. */
function withoutChance(trace: Trace): string {
  return JSON.stringify(trace)
    .replaceAll(/"(S|ClientRequestToken)":"[\w-]{12}"/g, '"$1":"an id"')
    .replaceAll(/"N":"\d{16}"/g, '"N":"a fence"');
}

/** What can be changed is copied: the calls of a subject share their keys. */
function copyOf(part: unknown): unknown {
  if (types.isUint8Array(part)) return part.slice();
  if (Array.isArray(part)) return part.map(copyOf);
  if (types.isSet(part)) return new Set(part);
  if (types.isMap(part)) return new Map(part);
  if (!isPlain(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, copyOf(value)]));
}

function isPlain(part: unknown): part is object {
  if (typeof part !== 'object' || part === null) return false;
  return Object.getPrototypeOf(part) === Object.prototype;
}

/** Changes all that can be changed of what was passed. */
function spoil(part: unknown): void {
  if (types.isUint8Array(part)) return void part.fill(0);
  if (Array.isArray(part)) {
    part.forEach(spoil);
    return void part.splice(0, part.length, 'changed', 'later');
  }
  if (types.isSet(part) || types.isMap(part)) return part.clear();
  if (!isPlain(part)) return;
  for (const [name, value] of Object.entries(part)) {
    spoil(value);
    (part as Record<string, unknown>)[name] = 'changed';
  }
}

/** A handler is given the event itself. */
const copying = everySubject.filter(({ title }) => title !== 'idempotent()');

// Who reuses an array or an object for the next call would else send a part of it with this one.
test.each(bySubject(everyCall(copying)))(
  '%s takes its arguments as they were when it was called',
  async (_title, calls) => {
    await eachCall(calls, async (subject, method, { args }) => {
      const given = { options: {}, text: 'a' };
      const expected = await traceOf(subject, method, args(given));
      const changed = args(given).map(copyOf);
      const trace = await traceOf(subject, method, changed, () => changed.forEach(spoil));
      expect(withoutChance(trace)).toBe(withoutChance(expected));
    });
  },
);
