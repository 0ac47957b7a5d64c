import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@x/dynamo-core';
import { engineClient } from '@x/dynamo-testing';

import { nowUs } from '../journal.js';
import { Findings } from '../workloads/findings.js';
import type { Stored } from '../workloads/workload.js';
import { workloadNamed } from '../workloads/workloads.js';
import { Crowd } from './crowd.js';
import { Progress } from './progress.js';
import type { SoakOptions } from './soak-options.js';
import type { Statistics } from './statistics.js';
import { createTables, deleteTables } from './tables.js';

/** What a soak came to. */
export interface SoakResult {
  readonly statistics: Statistics;
  /** Each with its evidence. None is what everybody hopes for. */
  readonly violations: readonly string[];
  readonly elapsedMs: number;
}

const tickMs = 100;
const reportEveryMs = 10_000;
/** How long clients may take to start. */
const startMsMax = 60_000;
/** How long clients may take to end their calls before they are killed. */
const stopMsMax = 6_000;

/**
 * Lets many processes work on one engine under faults, kills and stops some of them, and judges
 * every round once it has ended for all.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const startedMs = performance.now();
  const dynamo = engineClient(options.endpoint);
  const tables = await createTables(dynamo);
  const folder = await mkdtemp(join(tmpdir(), 'soak-'));
  try {
    const run = new Run(options, { dynamo, tables }, folder);
    const violations = await run.run();
    const elapsedMs = performance.now() - startedMs;
    return { statistics: run.progress.statistics, violations, elapsedMs };
  } finally {
    await deleteTables(dynamo, tables);
    dynamo.destroy();
    await rm(folder, { recursive: true });
  }
}

class Run {
  readonly progress = new Progress();
  readonly #options: SoakOptions;
  readonly #stored: Stored;
  readonly #crowd: Crowd;
  readonly #startedMs = performance.now();
  readonly #violations: string[] = [];

  constructor(options: SoakOptions, stored: Stored, folder: string) {
    this.#options = options;
    this.#stored = stored;
    const { progress } = this;
    this.#crowd = new Crowd({
      ...options,
      tables: stored.tables,
      folder,
      startedAtUs: nowUs(),
      progress,
    });
  }

  /** Runs to the end and returns the violations. */
  async run(): Promise<readonly string[]> {
    try {
      const isEnough = (): boolean => this.#options.isEnough?.(this.progress.statistics) === true;
      this.#crowd.start();
      // A machine that is busy takes its time: a soak in which nobody works judges nothing.
      await this.#until(startMsMax, () => this.#crowd.isAtWork);
      await this.#until(this.#options.durationMs, () => {
        this.#crowd.disturb();
        return isEnough();
      });
      this.#crowd.stop();
      await this.#until(stopMsMax, isEnough);
    } finally {
      await this.#crowd.kill();
    }
    this.#crowd.collect();
    await this.#judge();
    return [...this.#violations, ...this.progress.problems, ...this.#crowd.problems];
  }

  /** Goes on for so long, or until it is enough, all clients have ended, or something is wrong with one. */
  async #until(ms: number, isEnough: () => boolean): Promise<void> {
    const endMs = performance.now() + ms;
    let reportMs = performance.now() + reportEveryMs;
    while (performance.now() < endMs && this.#crowd.size > 0) {
      await systemClock.sleep(tickMs, { signal: this.#options.signal });
      this.#crowd.collect();
      await this.#judge();
      if (isEnough()) return;
      if (this.#crowd.problems.length > 0 || this.progress.problems.length > 0) return;
      if (performance.now() < reportMs) continue;
      reportMs += reportEveryMs;
      this.#report();
    }
  }

  async #judge(): Promise<void> {
    const { statistics } = this.progress;
    for (const name of this.#options.workloads) {
      for (const round of this.progress.takeOver(name)) {
        this.#options.signal?.throwIfAborted();
        const findings = new Findings();
        await workloadNamed(name).check(round, findings, this.#stored);
        const { checks, violations } = findings;
        const counts = statistics.of(name);
        counts.checks += checks;
        counts.violations += violations.length;
        this.#violations.push(...violations.map((violation) => `${name}: ${violation}`));
        statistics.rounds++;
      }
    }
  }

  #report(): void {
    const { statistics } = this.progress;
    const seconds = Math.round((performance.now() - this.#startedMs) / 1_000);
    this.#options.onProgress?.(
      `${seconds} s: ${statistics.sum('operations')} operations, ${statistics.kills} kills, ${statistics.sum('checks')} checks, ${this.#violations.length} violations`,
    );
  }
}
