/** The names of the methods that an object has: those of a prototype are what users can call. */
export function publicMethods(of: object): string[] {
  const parent = Object.getPrototypeOf(of) as object | null;
  // What all objects have is nobody's method.
  if (parent === null) return [];
  const own = Object.entries(Object.getOwnPropertyDescriptors(of))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name);
  return [...new Set([...publicMethods(parent), ...own])].sort();
}
