import { outputOf, type Round } from '../run/round.js';
import type { Findings } from './findings.js';

/** From when to when a client knew that it held a lock. */
interface HeldLease {
  readonly client: string;
  readonly fence: number;
  readonly from: number;
  to: number;
}

/** What must hold of the locks of a round: so many holders of a key at a time, and fences that only grow. */
export function judgeLocks(
  round: Round,
  findings: Findings,
  most: (key: string) => number = () => 1,
): void {
  for (const key of round.keys()) {
    fewHolders(round, key, most(key), findings);
    growingFences(round, key, findings);
    noStaleWrite(round, key, findings);
  }
}

function fewHolders(round: Round, key: string, most: number, findings: Findings): void {
  const leases = new Map<number, HeldLease>();
  for (const { client, data, at } of round.notesOf(key, 'held')) {
    const fence = Number(data);
    const lease = leases.get(fence);
    if (lease === undefined) leases.set(fence, { client, fence, from: at, to: at });
    else lease.to = Math.max(lease.to, at);
  }
  let live: HeldLease[] = [];
  for (const lease of [...leases.values()].toSorted((a, b) => a.from - b.from)) {
    live = live.filter(({ to }) => to >= lease.from);
    const others = live;
    findings.expect(others.length < most, () => {
      const holders = [...others, lease].map(({ client, fence }) => `${client} (fence ${fence})`);
      const overlapMs = (Math.min(...others.map(({ to }) => to)) - lease.from) / 1_000;
      return `lock ${key} was held by ${holders.join(' and ')} at once, for ${overlapMs} ms at least`;
    });
    live.push(lease);
  }
}

/** A fence is handed out once, and is larger than all that were handed out before it was asked for. */
function growingFences(round: Round, key: string, findings: Findings): void {
  const acquired = round.callsOf(key, 'acquire').flatMap((call) => {
    const got = outputOf<number>(call);
    return got === undefined || call.over === undefined
      ? []
      : [{ client: call.client, fence: got.output, from: call.beganAt, to: call.over.at }];
  });
  const byReturn = acquired.toSorted((a, b) => a.to - b.to);
  const seen = new Set<number>();
  let returned = 0;
  let largest = 0;
  for (const { client, fence, from } of acquired.toSorted((a, b) => a.from - b.from)) {
    for (let next = byReturn[returned]; next !== undefined && next.to < from;) {
      largest = Math.max(largest, next.fence);
      next = byReturn[++returned];
    }
    findings.expect(!seen.has(fence), () => `fence ${fence} of lock ${key} was handed out twice`);
    findings.expect(
      fence > largest,
      () => `${client} got fence ${fence} of lock ${key} after fence ${largest} was handed out`,
    );
    seen.add(fence);
  }
}

/** In the order in which the row took them, writes never go back to an older fence. */
function noStaleWrite(round: Round, key: string, findings: Findings): void {
  const accepted = round.callsOf(key, 'write').flatMap((call) => {
    const written = outputOf<number | string>(call);
    return typeof written?.output === 'number'
      ? [{ client: call.client, fence: Number(call.input), place: written.output }]
      : [];
  });
  let largest = 0;
  for (const { client, fence, place } of accepted.toSorted((a, b) => a.place - b.place)) {
    findings.expect(
      fence >= largest,
      () =>
        `write ${place} under lock ${key}, by ${client} with fence ${fence}, came after one with ${largest}`,
    );
    largest = Math.max(largest, fence);
  }
}
