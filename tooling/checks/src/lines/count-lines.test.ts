import { expect, it } from 'vitest';

import { codeLines } from './count-lines.js';

it('codeLines() counts neither comments nor blank lines', () => {
  const text = `// one

/** Two. */
const a = 1; // three

/* four
   five */
const b = \`
\`;
export { a, b };
`;
  expect(codeLines({ path: 'a.ts', text })).toBe(4);
  expect(codeLines({ path: 'test/mutants.txt', text: '# why\n\nIt breaks\n- 1\n' })).toBe(2);
});
