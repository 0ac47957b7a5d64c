import { UnsupportedFeatureError, validationError } from './service-errors.js';

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
      throw new UnsupportedFeatureError(`${what}.${field}`);
    }
  }
}

/** A field with a few allowed words must hold one of them. */
export function checkChoice(
  field: string,
  value: string | undefined,
  allowed: readonly string[],
): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw validationError(
      `1 validation error detected: Value '${value}' at '${field}' failed to satisfy ` +
        `constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
    );
  }
}
