import { UnsupportedFeatureError, validationError } from './service-errors.js';

/** The parameters from before there were expressions. */
const legacy: readonly string[] = [
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
];

/**
 * A field that is not known here is refused by its name: an emulation that leaves something out in
 * silence would make tests pass that must fail. `undefined` counts as absent, as in the SDK.
 */
export function checkFields(what: string, input: unknown, known: readonly string[]): void {
  if (typeof input !== 'object' || input === null) {
    throw validationError(`${what} is required but was not present`);
  }
  for (const [field, value] of Object.entries(input)) {
    if (value !== undefined && !known.includes(field)) {
      checkNotMixed(Object.keys(input));
      throw new UnsupportedFeatureError(`${what}.${field}`);
    }
  }
}

function checkNotMixed(fields: readonly string[]): void {
  const old = fields.filter((field) => legacy.includes(field));
  const expressions = fields.filter((field) => field.endsWith('Expression'));
  if (old.length === 0 || expressions.length === 0) return;
  throw validationError(
    'Can not use both expression and non-expression parameters in the same request: ' +
      `Non-expression parameters: {${old.join(', ')}} ` +
      `Expression parameters: {${expressions.join(', ')}}`,
  );
}
