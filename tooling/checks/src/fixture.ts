import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with files for a test, removed when it is disposed. */
export interface Fixture {
  readonly folder: string;
  [Symbol.dispose](): void;
}

/** Writes files (by their paths) into a new folder outside the workspace. */
export function createFixture(files: Readonly<Record<string, string>>): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-fixture-'));
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The files of a small workspace that keeps every rule of the house. */
export function soundWorkspace(): Record<string, string> {
  return {
    'packages/dynamo-core/package.json': manifest('@x/dynamo-core', {}),
    'packages/dynamo-core/README.md': readme('core'),
    'docs/options.md': 'A `Table`, and `one`.\n',
    'packages/dynamo-core/src/index.ts': `export { one } from './one.js';\n`,
    'packages/dynamo-core/src/one.ts': '/** One. */\nexport const one = 1;\n',
    'packages/dynamo-kv/package.json': manifest('@x/dynamo-kv', {
      dependencies: { '@x/dynamo-core': 'workspace:^' },
      peerDependencies: { '@aws-sdk/client-dynamodb': '^3.700.0' },
    }),
    'packages/dynamo-kv/README.md': readme('kv'),
    'packages/dynamo-kv/src/index.ts': `export { Table } from './table.js';\n`,
    'packages/dynamo-kv/src/table.ts': [
      `import { one } from '@x/dynamo-core';`,
      '/** A table. */',
      'export class Table {',
      '  /** Gets. */',
      '  get(): number {',
      '    return one;',
      '  }',
      '}',
      '',
    ].join('\n'),
  };
}

/** A README with a quick start, of the length that the rules want. */
export function readme(title: string, lines = 60): string {
  const quickStart = ['```ts', "new Table({ tableName: 'keys' });", '```'];
  const made = '`createTable(client, keysTable)`';
  const rest = Array.from({ length: lines - 2 - quickStart.length }, () => 'A line.');
  return [`# ${title}`, ...quickStart, made, ...rest, ''].join('\n');
}

/** A complete manifest of a published package. */
export function manifest(name: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    name,
    version: '0.0.0',
    description: 'A package.',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    homepage: 'https://example.com',
    bugs: 'https://example.com/issues',
    repository: { directory: `packages/${name.replace('@x/', '')}` },
    ...fields,
  });
}
