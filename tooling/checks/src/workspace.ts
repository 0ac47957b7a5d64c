import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The fields of a package.json that the checks read. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly description?: string;
  readonly homepage?: string;
  readonly bugs?: unknown;
  readonly repository?: { readonly directory?: string };
  readonly sideEffects?: unknown;
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** One package of the workspace. */
export interface WorkspacePackage {
  readonly name: string;
  /** Its folder, absolute. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A text file of the workspace. */
export interface TextFile {
  /** From the workspace's folder, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The checkout that the checks look at. A test passes the folder of a fixture. */
export interface Workspace {
  readonly folder: string;
  readonly packages: readonly WorkspacePackage[];
  /** Those that go to the registry. */
  readonly published: readonly WorkspacePackage[];
}

const thisWorkspace: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Reads the packages below `packages` and `tooling`. */
export function readWorkspace(folder: string = thisWorkspace): Workspace {
  const packages = ['packages', 'tooling']
    .map((group) => join(folder, group))
    .filter((group) => existsSync(group))
    .flatMap((group) => readdirSync(group).map((name) => join(group, name)))
    .filter((candidate) => existsSync(join(candidate, 'package.json')))
    .map(readPackage);
  const published = packages.filter(({ manifest }) => manifest.private !== true);
  return { folder, packages, published };
}

function readPackage(folder: string): WorkspacePackage {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  return { name: manifest.name, folder, manifest };
}

const passedOver: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  '.git',
  '.generated',
  'coverage',
]);

/** Every file at or below `folder` whose name ends in one of `endings`, in a stable order. */
export function readFiles(
  workspace: Workspace,
  folder: string,
  endings: readonly string[],
): TextFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return passedOver.has(entry.name) ? [] : readFiles(workspace, path, endings);
      }
      if (!endings.some((ending) => entry.name.endsWith(ending))) return [];
      return [{ path: pathIn(workspace, path), text: readFileSync(path, 'utf8') }];
    });
}

/** The source files of a package that ship, thus without its tests. */
export function readSources(workspace: Workspace, { folder }: WorkspacePackage): TextFile[] {
  return readFiles(workspace, join(folder, 'src'), ['.ts']).filter(({ path }) => !isTest(path));
}

/** Whether a file is a test, which does not ship. */
export function isTest(path: string): boolean {
  return /\.(test|test-d)\.ts$/.test(path);
}

/** A path as the checks print it: from the workspace's folder, with `/`. */
function pathIn(workspace: Workspace, path: string): string {
  return relative(workspace.folder, path).replaceAll('\\', '/');
}
