import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import type { OwnTime } from './own-time.js';

/** Own times of a release over the reference loop's, by the major version of Node. */
type Figures = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** By how much an own time may grow over that of the release. */
const growthMax = 1.25;

/** By how much the reference loop may differ on a machine like that of the figures. */
const likeMax = 1.2;

/** A growth by less than this, in microseconds, is nothing: tiny operations vary by more than a quarter. */
const growthUsMin = 3;

const manifest = new URL('../../../packages/dynamo-core/package.json', import.meta.url);
const { version: release } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

/** The version of the packages, which the file of figures is named by. */
const file = new URL(`../figures/${release}.json`, import.meta.url);

const [node = ''] = process.versions.node.split('.');

/** The figures of this release for this Node; `undefined` where none were saved. */
export function figuresOfRelease(): Readonly<Record<string, number>> | undefined {
  return saved()[node];
}

/** What the reference loop took where the figures come from, in microseconds. */
const referenceName = 'reference loop, µs';

/**
 * Whether figures can be compared with: on a machine like theirs that has as much time. On another one, or
 * a busy one, the loop and an operation do not slow down alike.
 */
export function areAlike(
  times: readonly OwnTime[],
  figures: Readonly<Record<string, number>>,
): boolean {
  const faster = referenceUs(times) / (figures[referenceName] ?? Number.NaN);
  return faster > 1 / likeMax && faster < likeMax;
}

function referenceUs(times: readonly OwnTime[]): number {
  const medians = times.map(({ otherUs }) => otherUs.median).toSorted((a, b) => a - b);
  return medians[Math.floor(medians.length / 2)] ?? Number.NaN;
}

/** Saves what was measured as the figures of this release for this Node. Answers with the file. */
export function saveFigures(times: readonly OwnTime[]): string {
  const own = times.map(({ name, ratio }) => [name, Number(ratio.median.toFixed(2))]);
  own.unshift([referenceName, Number(referenceUs(times).toFixed(1))]);
  writeFileSync(
    file,
    `${JSON.stringify({ ...saved(), [node]: Object.fromEntries(own) }, null, 2)}\n`,
  );
  return file.pathname;
}

function saved(): Figures {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Figures) : {};
}

/** The operations that take more of the reference loop than in the release, by a quarter. */
export function grown(
  times: readonly OwnTime[],
  figures: Readonly<Record<string, number>>,
): readonly string[] {
  return times.flatMap(({ name, ratio, otherUs }) => {
    const before = figures[name];
    if (before === undefined) return [];
    const grownUs = (ratio.median - before) * otherUs.median;
    return ratio.median > before * growthMax && grownUs > growthUsMin ? [name] : [];
  });
}
