import { readFileSync } from 'node:fs';

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { type Bench, benchOf, createTables, type Tables } from './differences/bench.js';
import { everywhere } from './differences/everywhere.js';
import { keys } from './differences/keys.js';
import { locks } from './differences/locks.js';
import { partitions } from './differences/partitions.js';

const migrating = readFileSync(new URL('../../../MIGRATING.md', import.meta.url), 'utf8');
/** The table of MIGRATING.md. */
const lines = migrating.split('\n').flatMap((line) => {
  const [, number = '', where, before, now = ''] = line.split('|').map((cell) => cell.trim());
  return /^\d+$/.test(number) ? [{ number: Number(number), where, before, now }] : [];
});
/** The same in its order, done. */
const differences = [...everywhere, ...locks, ...keys, ...partitions];

test('every line of MIGRATING.md has its difference, 28 of them', () => {
  const numbers = Array.from({ length: 28 }, (_, index) => index + 1);
  expect(lines.map(({ number }) => number)).toEqual(numbers);
  expect(differences).toHaveLength(28);
});

describeOnEngines('what behaves differently, as MIGRATING.md has it', (engine) => {
  let tables: Tables;
  let client: DynamoDBClient;

  beforeAll(async () => {
    client = engine.client();
    tables = await createTables(engine);
  });
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
  afterEach(() => vi.restoreAllMocks());

  for (const [index, { was, is, original, ours, compat }] of differences.entries()) {
    const { number, where, before, now = '' } = lines[index] ?? {};
    const [wasText, isText] = [shown(was), shown(is)];
    test(`${number}. ${where}; before: ${before}: ${wasText}; now: ${now}: ${isText}`, async () => {
      const answerOf = (act: (bench: Bench) => unknown): Promise<unknown> =>
        answer(() => act(benchOf(engine, tables, client)));
      const answers = [await answerOf(original), await answerOf(ours)] as const;
      expect(answers).toEqual([was, is]);
      expect(answers[0]).not.toEqual(answers[1]);
      // The line says where compat answers as before.
      const byCompat = compat === undefined ? 'as ours' : await answerOf(compat);
      expect(byCompat).toEqual(now.includes('(compat: ') ? was : 'as ours');
    });
  }
});

/** What something answers: its value, or the name of its error. */
async function answer(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
