/**
 * The subject, but whoever calls a method of it changes all arguments right after the call: lists
 * and objects are filled with other things, and signals have aborted. What was passed is what counts,
 * so that everything has to come out as if nobody had.
 */
export function withChangedArguments<Subject extends object>(subject: Subject): Subject {
  return new Proxy(subject, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        // Copies, as cases share what they pass with other runs.
        const passed = args.map(copyOf);
        try {
          return (member as (...given: unknown[]) => unknown).apply(target, passed);
        } finally {
          passed.forEach(spoil);
        }
      };
    },
  });
}

function copyOf(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(copyOf);
  if (part instanceof Date) return new Date(part);
  if (part instanceof Set) return new Set(part);
  if (part instanceof Map) return new Map(part);
  if (part instanceof Uint8Array) return part.slice();
  if (!isPlain(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, copyOf(value)]));
}

function spoil(part: unknown): void {
  if (part instanceof Date) part.setTime(0);
  if (part instanceof Set || part instanceof Map) part.clear();
  if (part instanceof Uint8Array) part.fill(0);
  if (!Array.isArray(part) && !isPlain(part)) return;
  for (const [name, value] of Object.entries(part)) {
    spoil(value);
    (part as Record<string, unknown>)[name] = otherThan(value);
  }
  if (Array.isArray(part)) part.push('changed');
}

function otherThan(value: unknown): unknown {
  if (value instanceof AbortSignal) return AbortSignal.abort(new Error('read after the call'));
  switch (typeof value) {
    case 'string':
      return `${value} changed`;
    case 'number':
      return value + 1;
    case 'bigint':
      return value + 1n;
    case 'boolean':
      return !value;
    case 'function':
      return () => {
        throw new Error('called after it was replaced');
      };
    default:
      return value;
  }
}

function isPlain(part: unknown): part is Record<string, unknown> {
  return (
    typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype
  );
}
