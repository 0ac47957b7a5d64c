import { styleText } from 'node:util';

/** How the tour marks words in a terminal. Without colours, every mark is the text itself. */
export interface Style {
  readonly title: (text: string) => string;
  readonly code: (text: string) => string;
  readonly request: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

type Format = Parameters<typeof styleText>[0];

/** Colours for a terminal that wants them: not for a file or a pipe, not with `NO_COLOR`. */
export function terminalStyle(stream: { readonly isTTY?: boolean } = process.stdout): Style {
  const wanted =
    stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  const mark =
    (format: Format) =>
    (text: string): string =>
      wanted ? coloured(format, text) : text;
  return {
    title: mark('bold'),
    code: mark('cyan'),
    request: mark('yellow'),
    quiet: mark('dim'),
    good: mark('green'),
    bad: mark('red'),
  };
}

function coloured(format: Format, text: string): string {
  return text
    .split('\n')
    .map((line) => styleText(format, line))
    .join('\n');
}
