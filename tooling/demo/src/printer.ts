import { inspect } from 'node:util';

import type { Item } from '@x/dynamo-core';

import { costOf, expressionsOf, type RecordedRequest } from './recorded-request.js';
import type { Step } from './step.js';
import { terminalStyle, type Style } from './style.js';

const widthMax = 78;

/** Writes the tour to a terminal, in plain text where there are no colours. */
export class Printer {
  readonly #style: Style;
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = console.log, style: Style = terminalStyle()) {
    this.#write = write;
    this.#style = style;
  }

  line(text = ''): void {
    this.#write(text);
  }

  stepTitle(number: number, count: number, { title, why }: Step): void {
    const head = `${number}/${count}  ${title} `;
    const rule = '─'.repeat(Math.max(widthMax - head.length, 3));
    this.#write(`\n${this.#style.title(head)}${this.#style.quiet(rule)}`);
    for (const line of wrapped(why)) this.#write(`     ${line}`);
    this.#write('');
  }

  code(code: string): void {
    this.#write(this.#style.code(indented(code, '  > ', '    ')));
  }

  note(text: string): void {
    for (const line of wrapped(text)) this.#write(`    ${line}`);
  }

  result(value: unknown): void {
    if (value === undefined) return this.#write(this.#style.quiet('    returns undefined'));
    const shown = inspect(value, { depth: 4, breakLength: widthMax - 12 });
    this.#write(`    returns ${this.#style.good(indented(shown, '', '            '))}`);
  }

  refusal(error: Error): void {
    this.#write(`    throws  ${this.#style.good(`${error.name}: ${error.message}`)}`);
  }

  requests(requests: readonly RecordedRequest[]): void {
    if (requests.length === 0) this.#write(this.#style.quiet('    sends   nothing'));
    for (const request of requests) {
      const head = `${request.operation.padEnd(20)} ${costOf(request)}`.trimEnd();
      this.#write(`    sends   ${this.#style.request(head)}`);
      for (const line of expressionsOf(request).flatMap((text) => wrapped(text, 62))) {
        this.#write(this.#style.quiet(`              ${line}`));
      }
    }
  }

  row(tableName: string, item: Item | undefined): void {
    this.#write(`    stored in ${tableName}${item === undefined ? ': no such row' : ''}`);
    const names = Object.keys(item ?? {});
    const width = Math.max(...names.map((name) => name.length));
    for (const name of names) {
      const shown = inspect(item?.[name], { depth: 4, breakLength: Infinity });
      this.#write(`      ${name.padEnd(width)}  ${this.#style.quiet(shortened(shown))}`);
    }
  }

  failure(step: Step, error: unknown): void {
    const shown = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    this.#write(this.#style.bad(`\n    ✗ "${step.title}" failed`));
    this.#write(indented(shown, '      ', '      '));
  }

  good(text: string): void {
    this.#write(this.#style.good(text));
  }

  bad(text: string): void {
    this.#write(this.#style.bad(text));
  }
}

function indented(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? first : rest}${line}`)
    .join('\n');
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function wrapped(text: string, width: number = widthMax - 5): string[] {
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
