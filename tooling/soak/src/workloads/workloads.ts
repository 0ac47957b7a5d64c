import { countHistory } from '../histories/count-history.js';
import { lockHistory } from '../histories/lock-history.js';
import { setHistory } from '../histories/set-history.js';
import { valueHistory } from '../histories/value-history.js';
import { counterWorkload } from './counter-workload.js';
import { doOnceWorkload } from './do-once-workload.js';
import { limitWorkload } from './limit-workload.js';
import { lockWorkload } from './lock-workload.js';
import { semaphoreWorkload } from './semaphore-workload.js';
import { transactWorkload } from './transact-workload.js';
import type { Workload } from './workload.js';

/** All that clients can be told to do. */
export const workloads: readonly Workload[] = [
  lockWorkload,
  semaphoreWorkload,
  counterWorkload,
  doOnceWorkload,
  limitWorkload,
  transactWorkload,
  valueHistory,
  countHistory,
  setHistory,
  lockHistory,
];

/** The workload of that name. Throws when there is none. */
export function workloadNamed(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined) throw new RangeError(`Cannot find workload "${name}"`);
  return found;
}
