import { InvalidInputError } from '@x/dynamo-core';

/**
 * Refuses an object that is none of a class of ours, and one with methods of its own, of a subclass or a
 * spy, that would not be heard: what the original does by these is done here in one exact request.
 */
export function refuseUnheard<T extends object>(
  field: string,
  given: T,
  ours: { readonly name: string; readonly prototype: T },
  methods: readonly (keyof T & string)[],
): void {
  const own = methods.find((name) => given[name] !== ours.prototype[name]);
  if (own === undefined) return;
  const allowed = `a ${ours.name} whose ${own}() is that of @x/dynamo-compat: no other is called`;
  throw new InvalidInputError(field, given, allowed);
}
