/** What callers pass by habit, from the original or from peers, and what it is called here. */
const otherWords: Readonly<Record<string, string>> = {
  abortSignal: 'signal',
  client: 'dynamo',
  expiresAfterMs: 'ttlSeconds',
  table: 'tableName',
  timeoutSeconds: 'leaseMs',
  timeProvider: 'clock',
};

/** The option that a name stands for, or that it misspells: one begins the other, or a part differs. */
export function nearest(name: string, all: readonly string[]): string | undefined {
  const word = otherWords[name];
  if (word && all.includes(word)) return word;
  const typed = name.toLowerCase();
  return all.find((option) => {
    const right = option.toLowerCase();
    return right.startsWith(typed) || typed.startsWith(right) || differsBriefly(typed, right);
  });
}

/** Whether two words are alike but for two letters in a row. */
function differsBriefly(one: string, other: string): boolean {
  let start = 0;
  let end = 0;
  while (start < one.length && one[start] === other[start]) start++;
  while (end < one.length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return Math.max(one.length, other.length) - start - end <= 2;
}
