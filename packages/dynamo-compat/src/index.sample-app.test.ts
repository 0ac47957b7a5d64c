import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { run } from '../test/sample-app/app.js';

test('an application of the original moves by one import path', async () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../test/sample-app/${name}`, import.meta.url), 'utf8');
  const original = read('app.original.txt');
  const path = '@paradoxical-io/common-aws/dynamo';
  expect(original.split(path)).toHaveLength(2);
  // The type check of the repository compiles what comes of it.
  expect(original.replace(path, '@x/dynamo-compat')).toBe(read('app.ts'));
  expect(await run()).toEqual([
    'login 1',
    'login',
    'python,typescript-pro',
    '5 5',
    'sent true',
    'attempts',
  ]);
});
