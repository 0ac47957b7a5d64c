import { describe, expect, it } from 'vitest';

import { createFixture } from '../fixture.js';

interface PartsModule {
  readonly parts: readonly { readonly name: string }[];
  readonly select: (names: readonly string[]) => {
    readonly selected: readonly { readonly name: string }[];
    readonly unknown: readonly string[];
  };
}

interface ReportModule {
  readonly countOf: (
    part: { readonly tests?: readonly string[] },
    report: string,
    exitCode: number,
  ) => { readonly passed: number; readonly failed: number };
  readonly failuresOf: (
    report: string,
  ) => readonly { readonly name: string; readonly text: string }[];
}

// Plain JavaScript without types: it has to run before anything is installed.
const commands = new URL('../../../commands/lib/', import.meta.url);
const load = async <T>(name: string): Promise<T> =>
  (await import(/* @vite-ignore */ new URL(name, commands).href)) as T;

const { parts, select } = await load<PartsModule>('parts.mjs');
const { countOf, failuresOf } = await load<ReportModule>('report.mjs');

describe('select()', () => {
  it('returns every part when none is named', () => {
    expect(select([]).selected).toEqual(parts);
  });

  it('returns the named parts in their own order, with what they need', () => {
    const { selected } = select(['packages', 'lint']);
    expect(selected.map(({ name }) => name)).toEqual(['lint', 'build', 'packages']);
  });

  it('names what is no part', () => {
    expect(select(['lint', 'lnt']).unknown).toEqual(['lnt']);
  });
});

describe('countOf()', () => {
  const report = (passed: number, failed: number): string =>
    JSON.stringify({ numPassedTests: passed, numFailedTests: failed });

  it.each([
    ['takes the counts of a report', report(5, 2), 1, { passed: 5, failed: 2 }],
    [
      'fails a part that exits with a failure and reports none',
      report(5, 0),
      1,
      { passed: 5, failed: 1 },
    ],
    ['fails a part that ran no test', report(0, 0), 0, { passed: 0, failed: 1 }],
    [
      'fails a part that should have written a report and did not',
      undefined,
      0,
      { passed: 0, failed: 1 },
    ],
  ])('%s', (_, text, exitCode, counts) => {
    using fixture = createFixture(text === undefined ? {} : { 'report.json': text });
    expect(countOf({ tests: [] }, `${fixture.folder}/report.json`, exitCode)).toEqual(counts);
  });

  it('counts a part without a report as one check', () => {
    expect(countOf({}, 'none', 0)).toEqual({ passed: 1, failed: 0 });
    expect(countOf({}, 'none', 2)).toEqual({ passed: 0, failed: 1 });
  });
});

describe('failuresOf()', () => {
  const named = (report: unknown): unknown => {
    using fixture = createFixture({ 'report.json': JSON.stringify(report) });
    return failuresOf(`${fixture.folder}/report.json`);
  };

  it('names the failed tests, and files that do not load', () => {
    const assertionResults = [
      { fullName: 'kv set() stores', status: 'passed', failureMessages: [] },
      { fullName: 'kv set() refuses', status: 'failed', failureMessages: ['expected 1 to be 2'] },
    ];
    const testResults = [
      { name: 'kv.test.ts', status: 'failed', assertionResults },
      { name: 'lock.test.ts', status: 'failed', message: 'no such file', assertionResults: [] },
    ];
    expect(named({ testResults })).toEqual([
      { name: 'kv set() refuses', text: 'expected 1 to be 2' },
      { name: 'lock.test.ts', text: 'no such file' },
    ]);
  });

  it('names none where a report holds counts alone, or there is none', () => {
    expect(named({ numPassedTests: 1, numFailedTests: 1 })).toEqual([]);
    expect(failuresOf('none')).toEqual([]);
  });
});
