import { LatencyHistogram } from '../run/latency-histogram.js';
import type { Statistics } from '../run/statistics.js';

/** What a plot shows of one stretch of time. */
export interface PlotPoint {
  /** Its middle, in seconds of the run. */
  readonly second: number;
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const pointsMax = 120;

/** The seconds of a run, put together so that there are not too many. */
export function plotPoints({ seconds }: Pick<Statistics, 'seconds'>): PlotPoint[] {
  const width = Math.max(1, Math.ceil(seconds.length / pointsMax));
  const points: PlotPoint[] = [];
  for (let from = 0; from < seconds.length; from += width) {
    const stretch = seconds.slice(from, from + width);
    const latency = new LatencyHistogram();
    let operations = 0;
    for (const second of stretch) {
      operations += second.operations;
      latency.merge(second.latency);
    }
    points.push({
      second: from + stretch.length / 2,
      operationsPerSecond: operations / stretch.length,
      p50Ms: latency.percentile(0.5),
      p99Ms: latency.percentile(0.99),
    });
  }
  return points;
}
