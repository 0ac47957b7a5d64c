import { callsOf, type Subject, type TitledCall } from './subject.js';
import { caches } from './subjects/caches.js';
import { counters } from './subjects/counters.js';
import { idempotency } from './subjects/idempotency.js';
import { leases } from './subjects/leases.js';
import { onceAndLimits } from './subjects/once-and-limits.js';
import { original } from './subjects/original.js';
import { stores } from './subjects/stores.js';
import { values } from './subjects/values.js';

/** Every class whose methods users call, and every handle. */
export const everySubject: readonly Subject[] = [
  ...values,
  ...counters,
  ...leases,
  ...onceAndLimits,
  ...stores,
  ...caches,
  ...idempotency,
  ...original,
];

export const everyCall: readonly TitledCall[] = callsOf(everySubject);

/** The calls that a signal ends. */
export const followingCalls: readonly TitledCall[] = everyCall.filter(
  ([, , , { noSignal }]) => noSignal === undefined,
);
