/** A fenced block of TypeScript as it stands in a text. */
export interface FencedBlock {
  /** The line on which the code begins, from 1. */
  readonly line: number;
  readonly code: string;
  /** What stands behind the language: `no-run`, `continues`. */
  readonly marks: readonly string[];
}

const known: readonly string[] = ['no-run', 'continues'];

/**
 * The blocks of a Markdown text that begin with ` ```ts` or ` ```typescript`. One marked
 * `continues` is added to the block before it, so that a text can explain a longer sample in parts.
 * Blocks of other languages are found by theirs.
 */
export function fencedBlocks(
  text: string,
  languages: readonly string[] = ['ts', 'typescript'],
): FencedBlock[] {
  const opening = new RegExp(
    String.raw`^(\s*)\`\`\`(?:${languages.join('|')})((?:\s+[\w-]+)*)\s*$`,
  );
  const lines = text.split('\n');
  const blocks: FencedBlock[] = [];
  for (let index = 0; index < lines.length; index++) {
    const match = opening.exec(lines[index] ?? '');
    if (match === null) continue;
    const [, indent = '', info = ''] = match;
    const marks = info.split(/\s+/).filter((mark) => mark !== '');
    const unknown = marks.filter((mark) => !known.includes(mark));
    if (unknown.length > 0) throw new Error(`line ${index + 1}: unknown mark ${unknown.join(' ')}`);
    const end = lines.findIndex((line, at) => at > index && line.startsWith(`${indent}\`\`\``));
    if (end < 0) throw new Error(`line ${index + 1}: the block is not closed`);
    const code = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    add(blocks, { line: index + 2, code: code.join('\n'), marks });
    index = end;
  }
  return blocks;
}

/** Empty lines keep each part of a continued block on the line that it has in the text. */
function add(blocks: FencedBlock[], block: FencedBlock): void {
  const last = blocks.at(-1);
  if (!block.marks.includes('continues') || last === undefined) {
    blocks.push(block);
    return;
  }
  const gap = block.line - last.line - last.code.split('\n').length;
  blocks[blocks.length - 1] = {
    line: last.line,
    code: `${last.code}\n${'\n'.repeat(gap)}${block.code}`,
    marks: [...last.marks, ...block.marks],
  };
}
