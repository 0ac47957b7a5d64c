/**
 * The fixed work that own times are given in: what primitives do, without one of them. It never
 * changes, or the figures of all releases would.
 */
export async function reference(): Promise<number> {
  const names: Record<string, string> = {};
  for (let index = 0; index < 8; index++) names[`#n${index}`] = `name-${index}`;
  const row = { ...names, data: { S: JSON.stringify({ a: 1, b: 'text' }) }, at: { N: '1' } };
  const expression = Object.keys(names).join(', ');
  const read = JSON.parse(JSON.stringify(row)) as typeof row;
  const kept = new Map(Object.entries(read));
  const answered = await Promise.resolve(kept.size);
  return answered + expression.length;
}
