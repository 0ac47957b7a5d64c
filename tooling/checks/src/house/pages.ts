import { fencedBlocks } from '../samples/fenced-blocks.js';
import { importedModules } from '../samples/names.js';
import { readFiles, type TextFile } from '../workspace.js';
import type { Rule } from './rule.js';

const linesMin = 60;
const linesMax = 110;
/** They have no table of their own in a quick start: core names tables, testing makes them. */
const withoutTable = /\/dynamo-(core|testing)\//;
/** It is the package for code of the library that it names. */
const leadsAway = /\/dynamo-compat\//;

/** A README is read at one sitting; what is longer stands in a page of docs. */
export const readmes: Rule = {
  name: `READMEs of packages have ${linesMin} to ${linesMax} lines, and say what to install and which table to make`,
  problems: (workspace) =>
    workspace.published
      .flatMap(({ folder }) => readFiles(workspace, folder, ['.md']))
      .filter(({ path }) => /^packages\/[^/]+\/README\.md$/.test(path))
      .flatMap(problemsOf),
};

function problemsOf({ path, text }: TextFile): string[] {
  const lines = text.trimEnd().split('\n').length;
  const found: string[] = [];
  if (lines < linesMin || lines > linesMax) found.push(`${path} has ${lines} lines`);
  if (!leadsAway.test(path) && /\bthe original\b/.test(text))
    found.push(`${path} speaks of the original`);
  const quickStart = /^```ts\b.*\n([^]*?)^```$/m.exec(text)?.[1];
  if (quickStart === undefined) found.push(`${path} has no quick start`);
  else if (!withoutTable.test(path) && !quickStart.includes('tableName')) {
    found.push(`${path} has a quick start without tableName`);
  }
  if (!text.includes('createTable(')) found.push(`${path} does not say how its table is made`);
  const commands = [...text.matchAll(/\bnpm install ([^`\n]+)/g)].map(([, names = '']) => names);
  const installed = new Set(commands.flatMap((names) => names.split(' ')));
  const missing = new Set(fencedBlocks(text).flatMap(({ code }) => importedPackages(code)));
  for (const name of installed) missing.delete(name);
  return [...found, ...Array.from(missing, (name) => `${path} imports ${name}, never installed`)];
}

function importedPackages(code: string): string[] {
  return importedModules(code).flatMap((name) => /^(?!node:)(?:@[^/]+\/)?[^/]+/.exec(name) ?? []);
}

/** A folder of tooling is entered by its README, and found by its line in ARCHITECTURE.md. */
export const toolingFolders: Rule = {
  name: 'each folder of tooling has a README, and a line in ARCHITECTURE.md',
  problems: (workspace) => {
    const files = readFiles(workspace, workspace.folder, ['.ts', '.mjs', '.md']);
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const folders = files.flatMap(({ path }) => /^tooling\/([^/]+)\//.exec(path)?.[1] ?? []);
    return [...new Set(folders)].flatMap((name) => {
      const found: string[] = [];
      if (!texts.has(`tooling/${name}/README.md`)) found.push(`tooling/${name} has no README.md`);
      if (texts.get('ARCHITECTURE.md')?.includes(`\n| \`${name}\` `) !== true)
        found.push(`ARCHITECTURE.md says in no line what tooling/${name} is for`);
      return found;
    });
  },
};
