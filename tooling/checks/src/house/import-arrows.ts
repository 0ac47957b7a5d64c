import { readSources } from '../workspace.js';
import type { Rule } from './rule.js';
import { importsOf, parse } from './syntax.js';

/** What a published package may import: core. Its subpaths are named by their export. */
const core = /^@x\/dynamo-core(\/|$)/;

/** Node's own modules that a published package may use. */
const builtin = /^node:/;

/**
 * A published package imports core, the SDK as a peer and nothing sideways, so that installing one
 * primitive pulls in core alone. Nothing published imports the tooling.
 */
export const importArrows: Rule = {
  name: 'published packages import only core and their declared peers',
  problems: (workspace) =>
    workspace.packages
      .filter(({ published }) => published)
      .flatMap((member) =>
        readSources(workspace, member).flatMap((file) =>
          importsOf(parse(file))
            .filter(({ module }) => !isAllowed(module, member.name, declared(member.manifest)))
            .map(({ module, place }) => `${place} imports ${module}`),
        ),
      ),
};

function isAllowed(module: string, importer: string, peers: ReadonlySet<string>): boolean {
  if (module.startsWith('./') || module.startsWith('../')) return true;
  if (builtin.test(module)) return true;
  if (core.test(module)) return importer !== '@x/dynamo-core';
  return !module.startsWith('@x/') && peers.has(packageOf(module));
}

/** The SDK is the user's; an engine for tests may or may not be there. */
function declared(manifest: {
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}): ReadonlySet<string> {
  return new Set([
    ...Object.keys(manifest.peerDependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
  ]);
}

function packageOf(module: string): string {
  return module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
}
