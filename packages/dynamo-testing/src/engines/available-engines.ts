import { findDynamoDbLocal } from './dynamodb-local.js';
import { findDynoxide } from './dynoxide.js';
import type { EngineCommand, EngineMissing } from './engine-command.js';
import type { EngineName } from './engine-name.js';

/**
 * The engines that `startDynamo` can use here, best first. It looks and starts nothing (but asks
 * Java for its version).
 *
 * @example
 * ```ts
 * import { availableEngines } from '@x/dynamo-testing';
 *
 * console.log(await availableEngines()); // [ 'dynoxide', 'dynamodb-local' ]
 * ```
 */
export async function availableEngines(): Promise<readonly EngineName[]> {
  const names: EngineName[] = [];
  if (process.env['DYNAMODB_ENDPOINT']) names.push('endpoint');
  for (const name of ['dynoxide', 'dynamodb-local'] as const) {
    if (!('missing' in (await findEngine(name)))) names.push(name);
  }
  return names;
}

/** How an engine is started, or what it lacks. */
export async function findEngine(
  name: Exclude<EngineName, 'endpoint'>,
): Promise<EngineCommand | EngineMissing> {
  return name === 'dynoxide' ? findDynoxide() : await findDynamoDbLocal();
}
