import { describe, expect, it } from 'vitest';

import { freeNames, importedModules, withImportsOf } from './names.js';

describe('freeNames()', () => {
  it.each([
    ['a call', 'kv.get(id)', ['kv', 'id']],
    ['a type', 'let a: CompoundKey<string>;', ['CompoundKey']],
    ['a shorthand property', 'const o = { data };', ['data']],
    ['nothing for members', 'const o = { a: 1 }; o.b.c;', []],
    ['nothing for what is declared', 'const kv = 1; function f(x: number) { return kv + x; }', []],
    ['nothing for what is imported', `import { a as b } from 'm'; b();`, []],
    ['nothing for a destructured name', 'const { a: b } = make; b;', ['make']],
    ['nothing for a class member', 'class A { id!: string; get() {} }', []],
  ])('finds %s', (_, code, names) => {
    expect([...freeNames(code)]).toEqual(names);
  });
});

describe('importedModules()', () => {
  it('finds static and lazy imports', () => {
    expect(importedModules(`import 'a'; await import('b');`)).toEqual(['a', 'b']);
  });
});

it('withImportsOf() changes where our names come from, and nothing else', () => {
  const code = (module: string): string => `import { a } from '${module}'; import { b } from 'b';`;
  expect(withImportsOf('@x/all', code('@x/dynamo-kv'))).toBe(code('@x/all'));
});
