import { InvalidInputError } from '@x/dynamo-core';

import { UnsupportedFeatureError } from './service-errors.js';

/**
 * The operation of a command of the SDK: from the schema that the command carries, which survives
 * minification, and from the name of its class with an SDK from before there were schemas.
 */
export function commandOperation(command: object): string {
  if (Object(command) !== command) {
    throw new InvalidInputError('command', command, 'a command of the SDK', { isData: true });
  }
  // A command of the document client wraps another one, and its input is not in wire shape.
  if ('clientCommand' in command) {
    throw new UnsupportedFeatureError(`${command.constructor.name} of the document client`);
  }
  const schema = 'schema' in command ? command.schema : undefined;
  const name: unknown = Array.isArray(schema) ? schema[2] : undefined;
  return typeof name === 'string' ? name : command.constructor.name.replace(/Command$/, '');
}
