/** The names of the methods that an object has itself: those of a prototype are what users can call. */
export function publicMethods(of: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(of))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name)
    .sort();
}
