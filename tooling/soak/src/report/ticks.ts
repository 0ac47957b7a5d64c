/** A value on an axis and how it is written. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** From 0 to at least `most`, in four to ten round steps. */
export function axisTicks(most: number): Tick[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((each) => most / each <= 10) ?? most;
  const ticks: Tick[] = [];
  for (let index = 0; index === 0 || (ticks.at(-1)?.value ?? 0) < most; index++) {
    const value = index * step;
    ticks.push({ value, label: Number(value.toPrecision(6)).toLocaleString('en-US') });
  }
  return ticks;
}

/** The powers of ten around the values from `least` to `most`, both above 0. */
export function logTicks(least: number, most: number): Tick[] {
  const ticks: Tick[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++) {
    const value = Number((10 ** power).toPrecision(3));
    ticks.push({ value, label: value.toLocaleString('en-US') });
  }
  return ticks;
}
