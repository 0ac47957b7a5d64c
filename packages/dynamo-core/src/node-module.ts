import type * as crypto from 'node:crypto';
import type * as channels from 'node:diagnostics_channel';
import type * as http from 'node:http';
import type * as https from 'node:https';
import type * as os from 'node:os';
import type * as util from 'node:util';

interface NodeModules {
  'node:crypto': typeof crypto;
  'node:diagnostics_channel': typeof channels | undefined;
  'node:http': typeof http;
  'node:https': typeof https;
  'node:os': typeof os;
  'node:util': typeof util;
}

const loaded: Partial<NodeModules> = {};

/**
 * A module of Node, when it is needed. `import` would also read all that it exports: from Node 22 on,
 * that of `node:http` loads undici, which takes longer than all else of a cold start. Bundles for
 * browsers need no stand-in, and have none of them.
 *
 * @example
 * ```ts
 * import { nodeModule } from '@x/dynamo-core/mechanism';
 *
 * console.log(nodeModule('node:crypto').randomUUID());
 * ```
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  return (loaded[name] ??= globalThis.process?.getBuiltinModule?.(name) as NodeModules[Name]);
}
