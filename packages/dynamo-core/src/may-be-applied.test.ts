import { expect, it } from 'vitest';

import { mayBeApplied } from './may-be-applied.js';

it.each([
  ['a refusal of the only attempt', { $fault: 'client', $metadata: { attempts: 1 } }, false],
  ['a refusal of a repeat', { $fault: 'client', $metadata: { attempts: 2 } }, true],
  ['a refusal of who knows which attempt', { $fault: 'client' }, true],
  ['a failure of the server', { $fault: 'server', $metadata: { attempts: 1 } }, true],
  ['a lost connection', { code: 'ECONNRESET', $metadata: { attempts: 1 } }, true],
])('mayBeApplied() after %s', (_, properties, expected) => {
  expect(mayBeApplied(Object.assign(new Error(), properties))).toBe(expected);
});

it.each([null, undefined, 'enough', { $fault: 'client', $metadata: { attempts: 1 } }])(
  'mayBeApplied() after an abort with the reason %j',
  (reason) => {
    expect(mayBeApplied(reason, AbortSignal.abort(reason))).toBe(true);
  },
);
