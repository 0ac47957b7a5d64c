/**
 * A list of texts with its repeats summed up: `UpdateItem, 1 write unit; and 9 more, refused by its
 * condition`. Of texts that begin alike, the later ones say only what is theirs. `undefined` for
 * everything else, and for lists in which nothing repeats and that are no texts.
 */
export function summedUp(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (!value.every((one): one is string => typeof one === 'string')) return undefined;
  const counts = new Map<string, number>();
  for (const text of value) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [[first, firstCount] = ['', 0], ...others] = counts;
  const head = beginning(first);
  const same = firstCount > 1 ? [`${first}, ${firstCount} times`] : [first];
  const rest = others.map(([text, count]) =>
    beginning(text) === head
      ? `and ${count} more, ${text.slice(head.length).replace(/^, /, '')}`
      : `${text}${count > 1 ? `, ${count} times` : ''}`,
  );
  return [...same, ...rest].join('; ');
}

function beginning(text: string): string {
  return text.split(', ')[0] ?? text;
}
