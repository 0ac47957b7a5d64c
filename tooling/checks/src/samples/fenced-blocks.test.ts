import { describe, expect, it } from 'vitest';

import { docCommentsOf } from './collect.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('fencedBlocks()', () => {
  it('finds the blocks of TypeScript with the line of their code, and no others', () => {
    const text = [
      '# Title',
      '```ts',
      'one();',
      '```',
      '```json',
      '{}',
      '```',
      '```typescript',
      'two();',
      '```',
    ];
    expect(fencedBlocks(text.join('\n'))).toEqual([
      { line: 3, code: 'one();', marks: [] },
      { line: 9, code: 'two();', marks: [] },
    ]);
  });

  it('adds a block that continues to the one before it and keeps its lines in place', () => {
    const text = ['```ts', 'one();', '```', 'words', '', '```ts continues', 'two();', '```'];
    const [block, ...others] = fencedBlocks(text.join('\n'));
    expect(others).toEqual([]);
    expect(block?.line).toBe(2);
    const lines = block?.code.split('\n') ?? [];
    expect(lines.indexOf('two();') + 2).toBe(7);
  });

  it('removes the indentation of a block in a list', () => {
    expect(fencedBlocks('- a\n\n  ```ts\n  if (a)\n    b();\n  ```\n')[0]?.code).toBe(
      'if (a)\n  b();',
    );
  });

  it('reads the mark no-run and refuses marks that it does not know', () => {
    expect(fencedBlocks('```ts no-run\na();\n```')[0]?.marks).toEqual(['no-run']);
    expect(() => fencedBlocks('```ts no-rum\na();\n```')).toThrow('line 1: unknown mark no-rum');
  });

  it('refuses a block that is not closed', () => {
    expect(() => fencedBlocks('```ts\na();\n')).toThrow('line 1: the block is not closed');
  });
});

describe('docCommentsOf()', () => {
  it('keeps the text of doc comments on its lines and blanks everything else', () => {
    const text = [
      'const a = 1;',
      '/**',
      ' * Words',
      ' * ```ts',
      ' * a();',
      ' * ```',
      ' */',
      'f();',
    ];
    const { text: comments } = docCommentsOf({ path: 'a.ts', text: text.join('\n') });
    expect(comments.split('\n')).toEqual(['', '', 'Words', '```ts', 'a();', '```', '', '']);
  });
});
