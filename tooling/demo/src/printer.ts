import { inspect, styleText } from 'node:util';

import type { Item } from '@x/dynamo-core';
import type { RecordedRequest } from '@x/recorder';

import { readableRow } from './readable-row.js';
import { costOf, expressionsOf } from './request-in-words.js';
import { summedUp } from './summed-up.js';

const widthMax = 96;

/** A scene, as it is announced. */
interface Titled {
  readonly title: string;
  readonly why: string;
}

/** How a `Printer` prints. */
export interface PrinterOptions {
  /** Every expression, and rows as they are stored. @default false */
  readonly isVerbose?: boolean;
}

/** Writes the scenes to a terminal, in plain text where there are no colours. */
export class Printer {
  readonly #isVerbose: boolean;
  readonly #write: (line: string) => void;

  constructor(
    write: (line: string) => void = console.log,
    { isVerbose = false }: PrinterOptions = {},
  ) {
    this.#write = write;
    this.#isVerbose = isVerbose;
  }

  line(text = ''): void {
    this.#write(text);
  }

  title(number: number, count: number, { title, why }: Titled): void {
    this.#write(`\n${styleText('bold', `${number}/${count}  ${title}`)}`);
    for (const line of wrapped(why)) this.#write(`     ${styleText('dim', line)}`);
  }

  code(code: string): void {
    this.#write(styleText('cyan', indented(code, '  > ', '    ')));
  }

  note(text: string): void {
    for (const line of wrapped(text)) this.#write(`  ${line}`);
  }

  result(value: unknown, requests: readonly RecordedRequest[]): void {
    const shown = summedUp(value) ?? inspect(value, { depth: 4, breakLength: Infinity });
    this.#outcome('returns', shown, requests);
  }

  refusal(error: Error, requests: readonly RecordedRequest[]): void {
    this.#outcome('throws', `${error.name}: ${error.message}`, requests);
  }

  row(tableName: string, item: Item | undefined): void {
    if (item === undefined) return this.#write(`    stored  no such row in ${tableName}`);
    if (this.#isVerbose) return this.#wholeRow(tableName, item);
    for (const [index, line] of wrapped(readableRow(item), widthMax - 12).entries()) {
      this.#write(`    ${index === 0 ? 'stored' : '      '}  ${styleText('dim', line)}`);
    }
  }

  failure({ title }: Pick<Titled, 'title'>, error: unknown): void {
    const shown = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    this.#write(styleText('red', `\n    ✗ "${title}" failed`));
    this.#write(indented(shown, '      ', '      '));
  }

  good(text: string): void {
    this.#write(styleText('green', text));
  }

  bad(text: string): void {
    this.#write(styleText('red', text));
  }

  /** One line where it fits: what came back, and what was sent for it. */
  #outcome(verb: string, shown: string, requests: readonly RecordedRequest[]): void {
    const sent = this.#isVerbose || requests.length === 0 ? '' : `← ${sentInWords(requests)}`;
    const room = widthMax - 4 - verb.length - 1;
    const fits = shown.length + sent.length + 2 <= room;
    const rest = sent !== '' && fits ? `  ${styleText('yellow', sent)}` : '';
    const [first = '', ...more] =
      verb === 'throws' ? wrapped(shown, room) : [shortened(shown, room)];
    this.#write(`    ${verb} ${styleText('green', first)}${rest}`);
    for (const line of more) this.#write(`      ${styleText('green', line)}`);
    if (sent !== '' && !fits) this.#write(`      ${styleText('yellow', shortened(sent, room))}`);
    if (this.#isVerbose) this.#expressions(requests);
  }

  #expressions(requests: readonly RecordedRequest[]): void {
    for (const request of requests) {
      const head = `${request.operation.padEnd(20)} ${costOf(request)}`.trimEnd();
      this.#write(`    sends   ${styleText('yellow', head)}`);
      for (const line of expressionsOf(request).flatMap((text) => wrapped(text, 62))) {
        this.#write(styleText('dim', `              ${line}`));
      }
    }
  }

  #wholeRow(tableName: string, item: Item): void {
    this.#write(`    stored in ${tableName}`);
    const width = Math.max(...Object.keys(item).map((name) => name.length));
    for (const [name, value] of Object.entries(item)) {
      const shown = shortened(inspect(value, { depth: 4, breakLength: Infinity }), 100);
      this.#write(`      ${name.padEnd(width)}  ${styleText('dim', shown)}`);
    }
  }
}

function sentInWords(requests: readonly RecordedRequest[]): string {
  const each = requests.map((request) =>
    [request.operation, costOf(request)].filter(Boolean).join(', '),
  );
  return summedUp(each) ?? '';
}

function indented(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? first : rest}${line}`)
    .join('\n');
}

function shortened(text: string, lengthMax: number): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > lengthMax ? `${line.slice(0, lengthMax - 1)}…` : line;
}

function wrapped(text: string, width: number = widthMax - 6): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
