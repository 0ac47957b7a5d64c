// Builds every published package into its dist: npm run build. With --check, nothing is written.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { build as bundle } from 'esbuild';
import ts from 'typescript';

import { root, seconds } from './lib/process.mjs';

const declarations = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  strict: true,
  verbatimModuleSyntax: true,
  declaration: true,
  isolatedDeclarations: true,
};

/** A module of the same package, in `from '…'` and `import('…')`. */
const relativeModule = /((?:from |import\()['"]\.{1,2}\/[^'"]*)\.js(['"])/g;

/** What a package loads of itself on first use. */
const lazyModule = /\bimport\("([.#][^"]+)"\)/g;

/** TypeScript 5.9 declares a method that a symbol names as a property, too: an error for who checks libraries. */
const doubledBySymbol = /^ *(?:static )?\[Symbol\.\w+\]: \(.*\) => .*;\n/gm;

const modulesStayFiles = {
  name: 'modules-stay-files',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path }) => ({
      path: path.replace(/\.js$/, '.cjs'),
      external: true,
    }));
  },
};

const check = process.argv.includes('--check');
const startedAt = performance.now();
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const problems = packages.flatMap((folder) => writeDeclarations(folder));
if (problems.length > 0) console.error(problems.join('\n'));
else if (!check) {
  await Promise.all(packages.flatMap((folder) => [esm(folder), modules(folder), cjs(folder)]));
  for (const folder of packages) whole(folder);
  for (const folder of packages) traceBoth(folder);
}
console.log(`${packages.length} packages in ${seconds(performance.now() - startedAt)}`);
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * Writes the types of each module beside each other, for ESM and for CJS, from that module alone:
 * what it exports says its types (`isolatedDeclarations`). Returns where it does not.
 */
function writeDeclarations(folder) {
  const dist = join(folder, 'dist');
  if (!check) rmSync(dist, { recursive: true, force: true });
  return modulesOf(folder).flatMap((path) => {
    const fileName = join(folder, 'src', path);
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(
      readFileSync(fileName, 'utf8'),
      { fileName, reportDiagnostics: true, compilerOptions: declarations },
    );
    if (!check) {
      const types = outputText.replaceAll(doubledBySymbol, '');
      const name = path.replace(/\.ts$/, '');
      write(join(dist, `${name}.d.ts`), types);
      write(join(dist, `${name}.d.cts`), types.replaceAll(relativeModule, '$1.cjs$2'));
    }
    return diagnostics.map((diagnostic) => problemOf(diagnostic));
  });
}

function problemOf({ file, start = 0, messageText }) {
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `${file.fileName}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

/**
 * Entries share what they have in common, so that a class is the same from each of them. What is loaded
 * on first use is a file of its own.
 */
function esm(folder) {
  return bundle({
    ...shared(folder),
    entryPoints: entriesOf(folder),
    format: 'esm',
    splitting: true,
  });
}

/**
 * For bundlers, which find it by the condition `module`: each module as it is, since they leave out or
 * put off a module as a whole. Node.js would take three times as long to load as many files.
 */
function modules(folder) {
  if (!readFileSync(join(folder, 'package.json'), 'utf8').includes('./dist/modules/')) return;
  return bundle({
    ...output(folder),
    entryPoints: modulesOf(folder).map((path) => join(folder, 'src', path)),
    outdir: join(folder, 'dist/modules'),
    format: 'esm',
  });
}

/**
 * For one file without the SDK (condition `x-no-sdk`): what is loaded on first use is imported, as it is
 * in that file anyway, each export by its name. A bundler wraps all that a dynamic import may reach, and
 * makes an object with getters of a module that is imported as a whole: a twentieth of the file.
 */
function whole(folder) {
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
  if (!manifest.includes('./dist/whole/')) return;
  const { imports } = JSON.parse(manifest);
  const modules = join(folder, 'dist/modules');
  for (const path of modulesOf(folder).map((name) => name.replace(/\.ts$/, '.js'))) {
    const target = join(folder, 'dist/whole', path);
    const statements = [];
    const text = readFileSync(join(modules, path), 'utf8')
      .replaceAll(lazyModule, (_, from) => {
        const own = imports?.[from]?.['x-no-sdk'].import.replace('./dist/whole/', '');
        const names = exportsOf(join(modules, own ?? join(dirname(path), from)));
        const place = `loaded${statements.length}`;
        const list = (word) => names.map((name) => `${name}${word}${place}_${name}`).join(', ');
        statements.push(`import { ${list(' as ')} } from "${from}";\n`);
        return `Promise.resolve({ ${list(': ')} })`;
      })
      .replace(/(?<=sourceMappingURL=).*/, `${relative(dirname(target), join(modules, path))}.map`);
    write(target, text + statements.join(''));
  }
}

/**
 * Nitro finds a package by the condition `module`, deploys the files that it can reach from there, and
 * runs on Node.js, which has another file in mind: it is reached, too. Bundlers drop such an import.
 */
function traceBoth(folder) {
  const modules = join(folder, 'dist/modules');
  if (!existsSync(modules)) return;
  for (const path of entriesOf(folder).map((entry) => relative(join(folder, 'src'), entry))) {
    const name = path.replace(/\.ts$/, '.js');
    const target = join(modules, name);
    const from = relative(dirname(target), join(folder, 'dist', name));
    appendFileSync(target, `import "${from}";\n`);
  }
}

/** What a module that esbuild wrote exports. */
function exportsOf(path) {
  const text = readFileSync(path, 'utf8');
  // One that is missing would be `undefined` in a file without the SDK.
  if (/^export .* from /m.test(text)) throw new Error(`${path} is loaded lazily: export by name`);
  const [, names] = /^export \{\s+([^}]*?)\s+\};$/m.exec(text);
  return names.split(/,\s+/).map((name) => name.replace(/.* as /, ''));
}

/**
 * CJS has no chunks: where there are several entries, each module stays a file of its own. Jest runs
 * CommonJS without dynamic import: what is loaded lazily becomes a `require`, which bundlers see
 * through.
 */
function cjs(folder) {
  const entries = entriesOf(folder);
  const several = entries.length > 1;
  return bundle({
    ...shared(folder),
    entryPoints: several ? modulesOf(folder).map((path) => join(folder, 'src', path)) : entries,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    supported: { 'dynamic-import': false },
    plugins: several ? [modulesStayFiles] : [],
    define: { 'import.meta.url': 'importMetaUrl' },
    ...(usesMeta(folder) && {
      banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    }),
  });
}

function shared(folder) {
  return {
    ...output(folder),
    bundle: true,
    // What a package loads through its own `imports` stays a file of its own.
    external: ['#*'],
    packages: 'external',
  };
}

function output(folder) {
  return {
    absWorkingDir: folder,
    outbase: join(folder, 'src'),
    outdir: join(folder, 'dist'),
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    // The sources ship beside the maps: they need not be in there, too.
    sourcesContent: false,
    logLevel: 'warning',
  };
}

/** The modules that the manifest's exports and imports lead to. */
function entriesOf(folder) {
  const { exports, imports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const paths = JSON.stringify([exports, imports]).matchAll(
    /"\.\/dist\/(?!(?:modules|whole)\/)([^"]+)(?<!\.d)\.js"/g,
  );
  const names = new Set(Array.from(paths, ([, name]) => name));
  return [...names].map((name) => join(folder, 'src', `${name}.ts`));
}

/** The source files that ship, from `src`. */
function modulesOf(folder) {
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(path),
  );
}

function usesMeta(folder) {
  return modulesOf(folder).some((path) =>
    readFileSync(join(folder, 'src', path), 'utf8').includes('import.meta'),
  );
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
