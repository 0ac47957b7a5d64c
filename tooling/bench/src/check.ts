import { areAlike, figuresOfRelease, grown } from './figures.js';
import { ownTimes, printOwnTimes } from './own-time.js';

const rounds = 31;

/**
 * Compares own times with the figures of the release, on a machine like theirs. What seems to have grown
 * is measured again, and has grown where it seems so twice more.
 */
export async function checkFigures(): Promise<void> {
  const figures = figuresOfRelease();
  if (figures === undefined) {
    console.log(`No figures of Node ${process.version} to compare with: npm run bench -- --save`);
    return;
  }
  const times = await ownTimes(rounds);
  let worse = areAlike(times, figures) ? grown(times, figures) : undefined;
  for (let again = 1; again <= 2 && worse !== undefined && worse.length > 0; again++) {
    console.log(`Again, as these seem to have grown: ${worse.join(', ')}`);
    const more = await ownTimes(rounds);
    const stillWorse = new Set(grown(more, figures));
    worse = areAlike(more, figures) ? worse.filter((name) => stillWorse.has(name)) : undefined;
  }
  if (worse === undefined) {
    console.log('Nothing to compare: the machine is another one than that of the figures, or busy');
    return;
  }
  if (worse.length > 0) printOwnTimes(times);
  for (const name of worse) {
    console.error(
      `✗ ${name}: its own time has grown by a quarter, from ${figures[name]} reference loops`,
    );
  }
  const missing = times.filter(({ name }) => figures[name] === undefined);
  for (const { name } of missing) {
    console.error(`✗ ${name} has no figure yet: npm run bench -- --save`);
  }
  const failed = worse.length + missing.length;
  console.log(
    `${times.length - failed} own times within a quarter of the release's, ${failed} not`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}
