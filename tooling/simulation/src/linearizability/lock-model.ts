import type { SequentialModel } from './history.js';

/** What is done to a lock, and by whom. Both return whether they did it. */
export interface LockInput {
  readonly kind: 'acquire' | 'release';
  readonly owner: string;
}

/** A lock that begins free and whose leases never end: keep histories shorter than a lease. */
export const lockModel: SequentialModel<string, LockInput, boolean> = {
  init: '',
  step: (holder, { kind, owner }, returned) => {
    const succeeds = kind === 'acquire' ? holder === '' : holder === owner;
    if (returned !== undefined && returned.output !== succeeds) return undefined;
    if (!succeeds) return holder;
    return kind === 'acquire' ? owner : '';
  },
  keyOf: (holder) => holder,
};
