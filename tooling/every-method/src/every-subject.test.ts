import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const packages = new URL('../../../packages/', import.meta.url);
const subjects = new URL('./subjects/', import.meta.url);

/** Mechanism, engines for tests and a transport: what they have is no primitive's method. */
const others = ['dynamo-core', 'dynamo-testing', 'dynamo-light-client'];

test('every package that has methods has subjects', () => {
  const sources = readdirSync(subjects).map((file) =>
    readFileSync(new URL(file, subjects), 'utf8'),
  );
  const missing = readdirSync(packages)
    .filter((name) => !others.includes(name))
    .filter((name) => !sources.some((source) => source.includes(`'@x/${name}`)));
  expect(missing).toEqual([]);
});
