import { join } from 'node:path';

import { seededRandom } from '@x/dynamo-testing';

import { currentRound } from '../client/client-job.js';
import { workloadNamed } from '../workloads/workloads.js';
import { ClientProcess } from './client-process.js';
import type { Progress } from './progress.js';
import type { SoakOptions } from './soak-options.js';
import type { SoakTables } from './tables.js';

const clockOffsetMsMax = 100;
/** How far the clocks of some are off: DynamoDB's answers correct them. Those of minutes are set to and fro. */
const wrongClocksMs = [
  [-2 * 86_400_000],
  [-240_000],
  [0, -240_000],
  [0, 240_000],
  [240_000],
  [2 * 86_400_000],
];
const pauseMs = { least: 200, most: 2_500 };
const pauseEveryMs = 2_000;

/** What a crowd is made of. */
export interface CrowdOptions extends SoakOptions {
  readonly tables: SoakTables;
  readonly folder: string;
  readonly startedAtUs: number;
  readonly progress: Progress;
}

interface Member {
  readonly client: ClientProcess;
  /** Whether it has started to work: until then there is nothing to disturb. */
  isAtWork: boolean;
  /** When it goes on, if it is stopped. */
  resumeAtMs: number | undefined;
}

/** The client processes of a run: keeps their number, kills them, stops them for a while. */
export class Crowd {
  /** Clients that ended although nobody told them to. */
  readonly problems: string[] = [];
  readonly #options: CrowdOptions;
  readonly #random: { unit(): number };
  readonly #members = new Set<Member>();
  #started = 0;
  #nextKillMs = 0;
  #nextPauseMs = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Whether all have started to work. */
  get isAtWork(): boolean {
    return [...this.#members].every(({ isAtWork }) => isAtWork);
  }

  get size(): number {
    return this.#members.size;
  }

  /** Starts all the clients. Each place in the crowd has its workloads for the whole run. */
  start(): void {
    const { clients, workloads } = this.#options;
    const paused = workloads.filter((name) => workloadNamed(name).isPaused === true);
    const others = workloads.filter((name) => !paused.includes(name));
    const roles = [others, paused].filter((role) => role.length > 0);
    for (let place = 0; place < clients; place++) this.#add(roles[place % roles.length] ?? []);
    this.#nextKillMs = this.#after(this.#options.killEveryMs);
    this.#nextPauseMs = this.#after(pauseEveryMs);
  }

  /** Takes over what the clients have journalled, and lets go of those that have ended. */
  collect(): void {
    const { progress } = this.#options;
    for (const member of this.#members) {
      const { client } = member;
      // Asked before reading: a client that has ended by then has written all.
      const { hasEnded } = client;
      const records = client.read();
      if (records.length > 0) member.isAtWork = true;
      for (const record of records) progress.add(client.job.name, record);
      if (!hasEnded) continue;
      client.close();
      progress.ends(client.job.name);
      this.#members.delete(member);
      if (client.problem !== undefined) this.problems.push(client.problem);
    }
  }

  /** Does what is due: kills a client and starts another in its place, stops one, lets one go on. */
  disturb(): void {
    const now = performance.now();
    for (const member of this.#members) {
      if (member.resumeAtMs === undefined || member.resumeAtMs > now) continue;
      member.resumeAtMs = undefined;
      member.client.resume();
    }
    const { statistics } = this.#options.progress;
    if (now >= this.#nextKillMs) {
      this.#nextKillMs = this.#after(this.#options.killEveryMs);
      const victim = this.#pick([...this.#members].filter(({ isAtWork }) => isAtWork));
      if (victim !== undefined) {
        statistics.kills++;
        victim.client.kill();
        this.#add(victim.client.job.workloads);
      }
    }
    if (now >= this.#nextPauseMs) {
      this.#nextPauseMs = this.#after(pauseEveryMs);
      const victim = this.#pick(this.#pausable());
      if (victim !== undefined) {
        statistics.pauses++;
        victim.resumeAtMs =
          now + pauseMs.least + this.#random.unit() * (pauseMs.most - pauseMs.least);
        victim.client.pause();
      }
    }
  }

  /** Asks all to end when their calls have come back. */
  stop(): void {
    for (const { client } of this.#members) {
      client.resume();
      client.stop();
    }
  }

  /** Ends all at once, and waits until they have ended. */
  async kill(): Promise<void> {
    for (const { client } of this.#members) client.kill();
    await Promise.all([...this.#members].map(({ client }) => client.ended));
  }

  #add(workloads: readonly string[]): void {
    const { endpoint, folder, tables, broken = [], startedAtUs, roundMs, seed } = this.#options;
    const number = this.#started++;
    const name = `c${number}`;
    const job = {
      name,
      endpoint,
      journalPath: join(folder, `${name}.jsonl`),
      tables,
      workloads,
      broken,
      startedAtUs,
      roundMs,
      seed: (Math.imul(seed, 1_000_003) + number) >>> 0,
      clockOffsetsMs: this.#clockOffsetsMs(),
    };
    this.#options.progress.begins(name, workloads, currentRound(job));
    const client = new ClientProcess(job);
    this.#members.add({ client, isAtWork: false, resumeAtMs: undefined });
  }

  /** Every other clock is minutes or days off, or is set. */
  #clockOffsetsMs(): number[] {
    const nearMs = Math.round((2 * this.#random.unit() - 1) * clockOffsetMsMax);
    const choice = Math.floor(2 * this.#random.unit() * wrongClocksMs.length);
    return (wrongClocksMs[choice] ?? [0]).map((offMs) => offMs + nearMs);
  }

  #pausable(): Member[] {
    return [...this.#members].filter(
      ({ client, resumeAtMs, isAtWork }) =>
        isAtWork &&
        resumeAtMs === undefined &&
        client.job.workloads.every((name) => workloadNamed(name).isPaused === true),
    );
  }

  #pick(members: readonly Member[]): Member | undefined {
    return members[Math.floor(this.#random.unit() * members.length)];
  }

  /** An instant about so far ahead: between half and one and a half. */
  #after(ms: number): number {
    return performance.now() + ms * (0.5 + this.#random.unit());
  }
}
