import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One deliberate breakage, and the test that must notice it. */
export interface Mutant {
  /** What is broken, as a short sentence that is unique in the list. */
  readonly name: string;
  /** The file that is changed, from the root of the workspace. */
  readonly file: string;
  /** A text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test file that must fail, from the root of the workspace. */
  readonly caughtBy: string;
  /** Runs only the tests of that file whose name matches this pattern. */
  readonly test?: string | undefined;
}

/** The breakages that stand beside the tests of each package, in `test/mutants.txt`. */
export function readMutants(root: string): Mutant[] {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = `packages/${name}`;
    const path = join(root, folder, 'test/mutants.txt');
    return existsSync(path) ? mutantsIn(readFileSync(path, 'utf8'), folder) : [];
  });
}

/** The breakages in one such file. Its paths are those of the package, or begin with `/`. */
export function mutantsIn(text: string, folder: string): Mutant[] {
  const path = (name: string): string =>
    name.startsWith('/') ? name.slice(1) : `${folder}/${name}`;
  const found: (Mutant & { readonly lines: Record<'- ' | '+ ', string[]> })[] = [];
  let file = '';
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const sign = line.slice(0, 2);
    const [name, caughtBy, test] = line.split(' | ');
    if (sign === '- ' || sign === '+ ') found.at(-1)?.lines[sign].push(line.slice(2));
    else if (line.startsWith('[')) file = path(line.slice(1, -1));
    else if (name === undefined || caughtBy === undefined) {
      throw new SyntaxError(`Cannot read the mutants of ${folder}: "${line}" names no test`);
    } else {
      const lines = { '- ': [], '+ ': [] };
      found.push({ name, file, find: '', replace: '', caughtBy: path(caughtBy), test, lines });
    }
  }
  return found.map(({ lines, ...mutant }) => ({
    ...mutant,
    find: lines['- '].join('\n'),
    replace: lines['+ '].join('\n'),
  }));
}

/** The source with the breakage in it. Throws when `find` does not stand in it exactly once. */
export function applyMutant(source: string, { file, find, replace }: Mutant): string {
  const parts = source.split(find);
  if (find === '' || parts.length !== 2) {
    const times = find === '' ? 'no text' : `the text ${parts.length - 1} times`;
    throw new RangeError(`Cannot break ${file}: it has ${times} instead of once: ${find}`);
  }
  return parts.join(replace);
}
