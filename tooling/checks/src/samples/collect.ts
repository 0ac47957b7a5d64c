import { isTest, readFiles, readSources, type TextFile, type Workspace } from '../workspace.js';
import { fencedBlocks } from './fenced-blocks.js';
import { importedModules, withImportsOf } from './names.js';
import { compat, type Sample } from './sample.js';

/** Samples that must keep working word for word; see the file. */
const frozen = 'tooling/checks/test/seed-samples.md';

/** Every sample of the READMEs, the guides and the doc comments of the packages that are published. */
export function collectSamples(workspace: Workspace): Sample[] {
  const guides = readFiles(workspace, workspace.folder, ['.md'])
    .filter(({ path }) => isGuide(path))
    .flatMap((file) => samplesOf(file, { assumesImports: file.path === frozen }));
  const moved = guides.filter(({ path }) => path === frozen).map(fromCompat);
  const comments = workspace.published.flatMap((member) =>
    readSources(workspace, member)
      .filter(({ path }) => !isTest(path))
      .map(docCommentsOf)
      .flatMap((file) => samplesOf(file, { assumesImports: true, owner: member.name })),
  );
  return [...guides, ...moved, ...comments];
}

/** The same sample by the other way: one import path for all. */
function fromCompat(sample: Sample): Sample {
  const place = `${sample.place} from ${compat}`;
  return { ...sample, place, code: withImportsOf(compat, sample.code), owner: compat };
}

function isGuide(path: string): boolean {
  return (
    path === frozen ||
    path === 'MIGRATING.md' ||
    path === 'README.md' ||
    path.endsWith('/README.md') ||
    path.startsWith('docs/')
  );
}

/** The file with all but its doc comments blanked and their stars removed; lines stay in place. */
export function docCommentsOf({ path, text }: TextFile): TextFile {
  let inside = false;
  const lines = text.split('\n').map((line) => {
    if (!inside) {
      inside = /^\s*\/\*\*/.test(line) && !line.includes('*/');
      return '';
    }
    if (/^\s*\*\//.test(line)) {
      inside = false;
      return '';
    }
    return line.replace(/^\s*\* ?/, '');
  });
  return { path, text: lines.join('\n') };
}

/** A sample that shows a test runs only inside its test runner, where the packed packages are checked. */
function isTestFile(code: string): boolean {
  return importedModules(code).some((module) => ['vitest', 'node:test'].includes(module));
}

function samplesOf(
  { path, text }: TextFile,
  common: { readonly assumesImports: boolean; readonly owner?: string },
): Sample[] {
  try {
    return fencedBlocks(text).map(({ line, code, marks }) => {
      const runs = !marks.includes('no-run') && !isTestFile(code);
      return { place: `${path}:${line}`, path, line, code, runs, ...common };
    });
  } catch (error) {
    throw new Error(`Cannot read the samples of ${path}`, { cause: error });
  }
}
