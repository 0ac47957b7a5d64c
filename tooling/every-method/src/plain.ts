/** What can be compared of a result: handles have their clocks and signals, and versions are random. */
export function plain(result: unknown): string | undefined {
  const text = JSON.stringify(result, (_, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part,
  ) as string | undefined;
  return text?.replaceAll(/id:[^"]+/g, 'id');
}
