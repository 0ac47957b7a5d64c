import { findDynamoDbLocal } from './dynamodb-local.js';
import { findDynoxide } from './dynoxide.js';
import type { EngineCommand, EngineMissing, Host } from './engine-command.js';
import type { EngineName } from './engine-name.js';

/**
 * The engines that `startDynamo` can use here, best first; the last one is always `memory`. It looks
 * and starts nothing (but asks Java for its version).
 *
 * @example
 * ```ts
 * import { availableEngines } from '@x/dynamo-testing';
 *
 * console.log(await availableEngines()); // [ 'dynoxide', 'dynamodb-local', 'memory' ]
 * ```
 */
export async function availableEngines(): Promise<readonly EngineName[]> {
  const names: EngineName[] = [];
  if (process.env['DYNAMODB_ENDPOINT']) names.push('endpoint');
  for (const name of ['dynoxide', 'dynamodb-local'] as const) {
    if (!('missing' in (await findEngine(name)))) names.push(name);
  }
  names.push('memory');
  return names;
}

/** How an engine is started, or what it lacks. */
export async function findEngine(
  name: 'dynoxide' | 'dynamodb-local',
  host: Host = process,
): Promise<EngineCommand | EngineMissing> {
  return name === 'dynoxide' ? findDynoxide(host) : await findDynamoDbLocal();
}
