/** So many shapes are kept. There are more only where expressions are made up all the time. */
const shapesMax = 500;

/** Gives what was made for a shape before, or makes it. */
export type PerShape<T> = (shape: string, make: () => T) => T;

/**
 * Keeps what is made for each shape: the expressions of a request are long texts that depend on few
 * things. The shape has to say all of those.
 */
export function perShape<T>(): PerShape<T> {
  const known = new Map<string, T>();
  return (shape, make) => {
    let made = known.get(shape);
    if (made === undefined) {
      made = make();
      if (known.size >= shapesMax) known.clear();
      known.set(shape, made);
    }
    return made;
  };
}
