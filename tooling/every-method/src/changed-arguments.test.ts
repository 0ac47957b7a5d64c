import { expect } from 'vitest';

import { withChangedArguments } from './changed-arguments.js';
import { everySubject } from './every-subject.js';
import { callsOf, testEach } from './subject.js';
import { traceOf, type Trace } from './trace.js';

/** Without the ids and fences that are drawn: compat has no option for their source. */
function withoutChance(trace: Trace): string {
  return JSON.stringify(trace)
    .replaceAll(/"(S|ClientRequestToken)":"[\w-]{12}"/g, '"$1":"an id"')
    .replaceAll(/"N":"\d{16}"/g, '"N":"a fence"');
}

/** A handler is given the event itself. */
const copying = everySubject.filter(({ title }) => title !== 'idempotent()');

// Who reuses an array or an object for the next call would else send a part of it with this one.
testEach(
  '%s takes its arguments as they were when it was called',
  callsOf(copying),
  async (subject, method, { args }) => {
    const { open } = subject;
    const given = args({ options: {}, text: 'a' });
    const expected = await traceOf(subject, method, given);
    const changing = {
      ...subject,
      open: async (...where: Parameters<typeof open>) => withChangedArguments(await open(...where)),
    };
    const changed = await traceOf(changing, method, given);
    expect(withoutChance(changed)).toBe(withoutChance(expected));
  },
);
