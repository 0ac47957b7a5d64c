import { describe, expect, it } from 'vitest';

import { createFixture, manifest, readme, soundWorkspace } from '../fixture.js';
import { readWorkspace } from '../workspace.js';
import { rules } from './rules.js';

const kv = 'packages/dynamo-kv';

/** Put together here, as a search for it should find nothing. */
const earlier = ['paradox', 'ical'].join('');

/** Every problem of the sound workspace with these files added, by the name of the rule. */
function problemsWith(files: Readonly<Record<string, string>>): Record<string, string[]> {
  using fixture = createFixture({ ...soundWorkspace(), ...files });
  const workspace = readWorkspace(fixture.folder);
  const found = rules.map((rule) => [rule.name, rule.problems(workspace)] as const);
  return Object.fromEntries(found.filter(([, problems]) => problems.length > 0));
}

function onlyProblems(files: Readonly<Record<string, string>>): string[] {
  const found = Object.values(problemsWith(files));
  expect(found).toHaveLength(1);
  return found.flat();
}

describe('rules', () => {
  it('find nothing in a sound workspace', () => {
    expect(problemsWith({})).toEqual({});
  });

  it('find a runtime dependency beside core', () => {
    const dependencies = { '@x/dynamo-core': 'workspace:^', lodash: '^4' };
    expect(
      onlyProblems({ [`${kv}/package.json`]: manifest('@x/dynamo-kv', { dependencies }) }),
    ).toEqual(['@x/dynamo-kv has the runtime dependency lodash']);
  });

  it('find a sibling that is pinned instead of workspace:^', () => {
    const dependencies = { '@x/dynamo-core': '1.0.0' };
    expect(
      onlyProblems({ [`${kv}/package.json`]: manifest('@x/dynamo-kv', { dependencies }) }),
    ).toEqual(['@x/dynamo-kv depends on @x/dynamo-core as 1.0.0, not workspace:^']);
  });

  it.each([
    ['side effects', { sideEffects: true }, '"sideEffects" must be false'],
    ['another license', { license: 'ISC' }, '"license" must be "MIT"'],
    ['an older Node.js', { engines: { node: '>=18' } }, '"engines.node" must be ">=20.19"'],
    ['no repository', { repository: {} }, '"repository.directory" must be its folder'],
  ])('find a manifest with %s', (_, fields, problem) => {
    const files = { [`${kv}/package.json`]: manifest('@x/dynamo-kv', fields) };
    expect(Object.values(problemsWith(files)).flat()).toContain(`@x/dynamo-kv: ${problem}`);
  });

  it.each([
    ['too short', readme('kv', 59), 'has 59 lines'],
    ['too long', readme('kv', 111), 'has 111 lines'],
    [
      'with a quick start of another table',
      readme('kv').replace('tableName', 'x'),
      'has a quick start without tableName',
    ],
    ['without a quick start', readme('kv').replaceAll('```', ''), 'has no quick start'],
    [
      'of a table that nobody makes',
      readme('kv').replace('createTable(', 'a table ('),
      'does not say how its table is made',
    ],
    [
      'whose reader misses a package',
      readme('kv')
        .replace('```ts\n', "```ts\nimport { a } from '@b/c/d';\n")
        .replace('A line.', ''),
      'imports @b/c, never installed',
    ],
    ['about others', readme('kv').replace('A line.', 'As the original.'), 'speaks of the original'],
  ])('find a README %s', (_, text, problem) => {
    expect(onlyProblems({ [`${kv}/README.md`]: text })).toEqual([`${kv}/README.md ${problem}`]);
  });

  it.each([
    ['code', `export { Table } from './table.js';\nconst a = 1;`, ':2 is no named re-export'],
    ['a star export', `export * from './table.js';`, ':1 is no named re-export'],
    ['nothing', '', ' exports nothing'],
  ])('find an index.ts with %s', (_, code, problem) => {
    const found = Object.values(problemsWith({ [`${kv}/src/index.ts`]: code })).flat();
    expect(found).toContain(`${kv}/src/index.ts${problem}`);
  });

  it('find a value that is exported and that no page names', () => {
    const code = `export { Nameless, type Shape } from './table.js';\n`;
    expect(onlyProblems({ [`${kv}/src/index.ts`]: code })).toEqual([
      '@x/dynamo-kv exports Nameless, which no page names',
    ]);
  });

  it('find a table that is exported without what creates it', () => {
    const code = `export { InvalidInputError, locksTable } from '@x/dynamo-core';\n`;
    expect(onlyProblems({ [`${kv}/src/express.ts`]: code })).toEqual([
      `${kv}/src/express.ts exports a table without createTable`,
    ]);
  });

  it('find a public class, method and function without a doc comment', () => {
    const code = `export class Table {
  #hidden() {}
  private alsoHidden() {}
  get(): number { return 1; }
}
`;
    expect(onlyProblems({ [`${kv}/src/table.ts`]: code })).toEqual([
      `${kv}/src/table.ts:1 Table has no doc comment`,
      `${kv}/src/table.ts:4 Table.get has no doc comment`,
    ]);
  });

  it('ask for one doc comment where a method has overloads', () => {
    const body =
      'get(id: string): string;\n  get(id: number): number;\n  get(id: never) { return id; }';
    const documented = `/** A table. */\nexport class Table {\n  /** Gets. */\n  ${body}\n}\n`;
    expect(problemsWith({ [`${kv}/src/table.ts`]: documented })).toEqual({});
    const bare = documented.replace('  /** Gets. */\n', '');
    expect(onlyProblems({ [`${kv}/src/table.ts`]: bare })).toEqual([
      `${kv}/src/table.ts:3 Table.get has no doc comment`,
    ]);
  });

  it('find an option that refuses undefined', () => {
    const body = '  readonly a?: number | undefined;\n  readonly b?: N;\n  readonly c?: unknown;\n';
    const sound = `/** How. */\nexport interface TableOptions<N> {\n${body}}\n`;
    expect(problemsWith({ [`${kv}/src/table.ts`]: sound })).toEqual({});
    const strict = sound.replace(' | undefined', '');
    expect(onlyProblems({ [`${kv}/src/table.ts`]: strict })).toEqual([
      `${kv}/src/table.ts:3 TableOptions.a does not`,
    ]);
  });

  it('find a unit test without the source that it is named by', () => {
    const tests = ['table', 'table.batch'].map((name) => [`${kv}/src/${name}.test.ts`, '']);
    expect(problemsWith(Object.fromEntries(tests))).toEqual({});
    expect(onlyProblems({ [`${kv}/src/batch.test.ts`]: '' })).toEqual([
      `${kv}/src/batch.test.ts has no ${kv}/src/batch.ts beside it`,
    ]);
  });

  it('find a folder of tooling without a README or a line', () => {
    const main = { 'tooling/bench/main.ts': '' };
    const table = '\n| `bench` | what costs time |\n';
    const sound = { ...main, 'tooling/bench/README.md': '', 'ARCHITECTURE.md': table };
    expect(problemsWith(sound)).toEqual({});
    expect(onlyProblems(main)).toEqual([
      'tooling/bench has no README.md',
      'ARCHITECTURE.md says in no line what tooling/bench is for',
    ]);
  });

  it('find the name of the earlier library outside the migration guide', () => {
    const text = `first\nfrom ${earlier}\n`;
    expect(problemsWith({ 'MIGRATING.md': text })).toEqual({});
    expect(onlyProblems({ 'docs/guide.md': text })).toEqual(['docs/guide.md:2 names it']);
    expect(problemsWith({ 'docs/guide.md': 'paradox.dev.locks' })).toEqual({});
  });

  it.each([`${kv}/src/one.ts`, 'tooling/one.mjs', '.changeset/one.md'])(
    'find a phrase that has to be decoded in %s',
    (path) => {
      expect(onlyProblems({ [path]: '// The lease is over.\n' })).toEqual([
        `${path}:1 has "is over": say "has expired, has ended"`,
      ]);
    },
  );
});
