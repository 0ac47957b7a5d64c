/** The names of the methods that a class defines itself: what its users can call. */
export function publicMethods(target: { readonly prototype: object }): string[] {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(target.prototype));
  return properties
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name);
}
