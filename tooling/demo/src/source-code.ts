import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The code of the function that was passed to `call(…)` at the place where the stack of `error`
 * says that `call` was called, read from its source: what is printed is what runs.
 */
export function codeAt(error: Error, call: string): string {
  const place = placeOf(error);
  if (place === undefined) return '';
  const lines = readFileSync(place.file, 'utf8')
    .split('\n')
    .slice(place.line - 1);
  const text = lines.join('\n');
  const start = text.indexOf(`${call}(`);
  return start < 0 ? '' : bodyOf(argumentAt(text, start + call.length));
}

/** The first frame behind `show` itself. */
function placeOf({ stack = '' }: Error): { file: string; line: number } | undefined {
  const frame = stack
    .split('\n')
    .find((line) => /\.ts:\d+:\d+\)?$/.test(line) && !/[/\\]show\.ts:/.test(line));
  const match = /\(?((?:file:\/\/)?[^()\s]+\.ts):(\d+):\d+\)?$/.exec(frame?.trim() ?? '');
  const [, file, line] = match ?? [];
  if (file === undefined) return undefined;
  return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line: Number(line) };
}

/** The text between the bracket at `open` and the one that closes it, strings passed over. */
function argumentAt(text: string, open: number): string {
  let depth = 0;
  let quote: string | undefined;
  for (let at = open; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== undefined) {
      if (character === '\\') at++;
      else if (character === quote) quote = undefined;
    } else if (`'"\``.includes(character)) quote = character;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character) && --depth === 0) return text.slice(open + 1, at);
  }
  return '';
}

/** What an arrow function does: its expression, or the lines between its braces. */
function bodyOf(argument: string): string {
  const body = argument.replace(/^\s*(?:async\s*)?\(\)\s*=>\s*/, '').replace(/,\s*$/, '');
  const isBlock = body.startsWith('{') && body.trimEnd().endsWith('}');
  const inner = isBlock ? body.trimEnd().slice(1, -1).replace(/^\n/, '') : body;
  return withoutIndent(inner.trimEnd());
}

/** Moves the text to the left by what all lines but a first one without any have in common. */
function withoutIndent(text: string): string {
  const lines = text.split('\n');
  const indents = lines
    .slice(/^\s/.test(text) ? 0 : 1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const common = indents.length > 0 ? Math.min(...indents) : 0;
  return lines.map((line) => (/^\s/.test(line) ? line.slice(common) : line)).join('\n');
}
