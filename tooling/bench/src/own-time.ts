import { cases } from './operations.js';
import { record, replaying } from './recording.js';
import { reference } from './reference.js';
import { pairedRounds, shown, type Paired } from './rounds.js';

/** The own time of an operation, over that of the reference loop. */
export interface OwnTime extends Paired {
  readonly name: string;
  readonly requests: number;
}

const runs = 50;
const referenceRuns = 250;

/** Measures our own time, on a transport that answers at once with what was recorded. `part`: of a name. */
export async function ownTimes(rounds: number, part = ''): Promise<OwnTime[]> {
  const times: OwnTime[] = [];
  for (const benchCase of cases.filter(({ name }) => name.includes(part))) {
    const { run, requests, sendThrough } = await record(benchCase, 'bench');
    sendThrough(replaying(requests));
    const options = { rounds, runs, otherRuns: referenceRuns };
    const paired = await pairedRounds(run, reference, options);
    times.push({ name: benchCase.name, requests: requests.length, ...paired });
  }
  return times;
}

export function printOwnTimes(times: readonly OwnTime[]): void {
  console.log(
    'Our own time: processor time on a transport that answers at once, medians (quartiles).',
  );
  console.table(
    Object.fromEntries(
      times.map(({ name, requests, us, otherUs, ratio }) => [
        name,
        {
          requests,
          'own, µs': shown(us, 1),
          'reference loop, µs': shown(otherUs, 1),
          ratio: shown(ratio, 2),
        },
      ]),
    ),
  );
}
