import { stripVTControlCharacters } from 'node:util';

import { expect, it } from 'vitest';

import { openDynamo } from './open-dynamo.js';
import { Printer } from './printer.js';
import { allScenes, chosenScenes, type NamedScene } from './scene.js';
import { goOnTour } from './tour.js';

const all = await allScenes();

// One engine for all of them, as in a tour.
const shown = new Map<string, string>();
await using dynamo = await openDynamo({ engine: 'memory' });
for (const scene of all) {
  const printed: string[] = [];
  await goOnTour(
    [scene],
    dynamo,
    new Printer((text) => printed.push(stripVTControlCharacters(text))),
  );
  shown.set(scene.name, printed.join('\n').trim());
}

function linesOf({ name }: NamedScene): string[] {
  return shown.get(name)?.split('\n') ?? [];
}

it.each(all)('the scene $name works in at most 25 lines of at most 100 characters', (scene) => {
  const lines = linesOf(scene);
  expect(shown.get(scene.name)).not.toContain('✗');
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(25);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

it('the lost response comes first: two elsewhere, one here', () => {
  const [first] = chosenScenes(all, []);
  expect(first?.name).toBe('lost-response');
  const returned = linesOf(first!).filter((line) => line.startsWith('    returns '));
  expect(returned[0]).toBe('    returns 2');
  expect(returned.at(-1)).toBe('    returns 1');
});

it('the tour shows the primitives, each package has a scene, and all of the tour is below 250 lines', () => {
  const tour = chosenScenes(all, []).map(({ name }) => name);
  const primitives = ['kv', 'partitioned', 'counter', 'lock', 'do-once', 'limited-attempt'];
  expect(tour).toEqual(['lost-response', ...primitives]);
  const printed = chosenScenes(all, []).flatMap((scene) => [...linesOf(scene), '']);
  expect(printed.length).toBeGreaterThan(tour.length * 10);
  expect(printed.length).toBeLessThan(250);
  const byName = all.map(({ name }) => name).filter((name) => !tour.includes(name));
  expect(byName).toEqual([
    'idempotency',
    'keyv',
    'leader',
    'light-client',
    'lock-work',
    'rate-limit',
    'semaphore',
    'session',
    'testing',
    'unstorage',
  ]);
});

it('chosenScenes() takes names with and without dynamo-', () => {
  expect(chosenScenes(all, ['lock', '@x/dynamo-kv']).map(({ name }) => name)).toEqual([
    'lock',
    'kv',
  ]);
});
