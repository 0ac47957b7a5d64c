import type { PlotPoint } from './plot-points.js';
import { axisTicks, logTicks, type Tick } from './ticks.js';

/** What is drawn. */
export interface PlotOptions {
  readonly title: string;
  readonly points: readonly PlotPoint[];
  /** At which seconds a client was killed. */
  readonly kills: readonly number[];
  /** At which seconds a client was stopped. */
  readonly pauses: readonly number[];
}

const size = { width: 900, height: 530 };
const left = 70;
const right = 880;
const colours = {
  throughput: '#2563eb',
  p50: '#0d9488',
  p99: '#ea580c',
  kill: '#dc2626',
  pause: '#6b7280',
};

/** One diagram of the plot: where it stands and how its values become heights. */
interface Panel {
  readonly top: number;
  readonly bottom: number;
  readonly title: string;
  readonly ticks: readonly Tick[];
  readonly heightOf: (value: number) => number;
}

/** Throughput and latency over time as an SVG, with a mark for each kill and each stop. */
export function plot({ title, points, kills, pauses }: PlotOptions): string {
  const last = Math.max(1, ...points.map(({ second }) => second + 0.5), ...kills);
  const x = (second: number): number => left + ((right - left) * second) / last;
  const throughput = throughputPanel(points);
  const latency = latencyPanel(points);
  const line = (panel: Panel, colour: string, value: (point: PlotPoint) => number): string => {
    // A stretch without calls has no latency.
    const shown = points.filter((point) => panel !== latency || value(point) > 0);
    const at = shown.map(
      (point) => `${fixed(x(point.second))},${fixed(panel.heightOf(value(point)))}`,
    );
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${at.join(' ')}"/>`;
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="white"/>`,
    text(left, 24, title, { size: 16 }),
    frame(throughput),
    line(throughput, colours.throughput, (point) => point.operationsPerSecond),
    frame(latency),
    line(latency, colours.p50, (point) => point.p50Ms),
    line(latency, colours.p99, (point) => point.p99Ms),
    text(right, latency.top - 8, 'p50', { colour: colours.p50, anchor: 'end' }),
    text(right - 32, latency.top - 8, 'p99', { colour: colours.p99, anchor: 'end' }),
    marks(x, kills, 470, colours.kill),
    marks(x, pauses, 486, colours.pause),
    text(left, 518, `${kills.length} clients killed`, { colour: colours.kill }),
    text(left + 180, 518, `${pauses.length} clients stopped`, { colour: colours.pause }),
    ...axisTicks(last).map(({ value, label }) =>
      text(x(value), 458, `${label} s`, { anchor: 'middle' }),
    ),
    '</svg>',
    '',
  ].join('\n');
}

function throughputPanel(points: readonly PlotPoint[]): Panel {
  const ticks = axisTicks(Math.max(1, ...points.map((point) => point.operationsPerSecond)));
  const most = ticks.at(-1)?.value ?? 1;
  const [top, bottom] = [60, 220];
  const heightOf = (value: number): number => bottom - ((bottom - top) * value) / most;
  return { top, bottom, title: 'operations per second', ticks, heightOf };
}

function latencyPanel(points: readonly PlotPoint[]): Panel {
  const values = points.flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms]).filter((ms) => ms > 0);
  const ticks = logTicks(Math.min(1, ...values), Math.max(10, ...values));
  const least = ticks[0]?.value ?? 1;
  const most = ticks.at(-1)?.value ?? 10;
  const [top, bottom] = [270, 440];
  const heightOf = (value: number): number =>
    bottom - ((bottom - top) * Math.log(Math.max(value, least) / least)) / Math.log(most / least);
  return { top, bottom, title: 'latency in milliseconds', ticks, heightOf };
}

function frame({ top, title, ticks, heightOf }: Panel): string {
  const lines = ticks.map(({ value, label }) => {
    const y = fixed(heightOf(value));
    return [
      `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="#e5e7eb"/>`,
      text(left - 8, heightOf(value) + 4, label, { anchor: 'end' }),
    ].join('');
  });
  return [text(left, top - 8, title, {}), ...lines].join('\n');
}

function marks(
  x: (second: number) => number,
  seconds: readonly number[],
  y: number,
  colour: string,
): string {
  const lines = seconds.map(
    (second) =>
      `<line x1="${fixed(x(second))}" y1="${y}" x2="${fixed(x(second))}" y2="${y + 12}" stroke="${colour}" stroke-width="2"/>`,
  );
  return lines.join('\n');
}

interface TextStyle {
  readonly size?: number;
  readonly colour?: string;
  readonly anchor?: 'middle' | 'end';
}

function text(x: number, y: number, content: string, style: TextStyle): string {
  const { size: fontSize = 12, colour = '#111827', anchor = 'start' } = style;
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${fontSize}" fill="${colour}" text-anchor="${anchor}">${escaped}</text>`;
}

function fixed(number: number): string {
  return number.toFixed(1);
}
