import type { Instant } from '@touchpoint/kernel';

/** How far one partition, or all of a consumer's, was behind at an instant. `seconds`: age of the oldest record that waits; 0 where none does. */
export type Sample = Readonly<{ at: Instant; records: number; seconds: number }>;
/** `unknown`: looked at for too short a time. */
export type Trend = 'falling' | 'steady' | 'growing' | 'unknown';
export type Verdict = 'ok' | 'catching up' | 'behind' | 'growing' | 'unknown';

/** How long samples are kept, and over how long they must reach for a trend. */
export const WINDOW_MS = 60_000;
const LEAST_MS = 5_000;
/** A record younger than this is on its way, not behind. */
const ON_ITS_WAY_S = 1;
/** Up to this many seconds a lag that does not grow is as it should be. */
const OK_S = 5;
/** Of what is behind, a change that is no noise. */
const SHARE = 0.02;

/** Change over the whole window along the line that fits the samples best: one odd sample makes no trend. */
const changeOf = (samples: readonly Sample[], value: (sample: Sample) => number): number => {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, middle] = [mean((sample) => sample.at), mean(value)];
  const spread = samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0);
  if (spread === 0) return 0;
  return (samples.reduce((sum, sample) => sum + (sample.at - at) * (value(sample) - middle), 0) / spread) * (samples.at(-1)!.at - samples[0]!.at);
};

/**
 * Whether a lag falls or grows, in seconds or in records. It grows when either does: a consumer that stands still over one old record has few records and ever more
 * seconds, one that is overrun has young records and ever more of them. @param samples in order of time
 */
export const trendOf = (samples: readonly Sample[]): Trend => {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) return 'unknown';
  // Whoever stands at the end has nothing to grow, however short the look was.
  if (last.records === 0) return samples.some(({ records }) => records > 0) ? 'falling' : 'steady';
  if (last.at - first.at < LEAST_MS) return 'unknown';
  const late = last.seconds > ON_ITS_WAY_S;
  const [seconds, records] = [changeOf(samples, (sample) => sample.seconds), changeOf(samples, (sample) => sample.records)];
  const [fewSeconds, fewRecords] = [Math.max(0.5, SHARE * last.seconds), Math.max(1, SHARE * last.records)];
  if (late && (seconds > fewSeconds || records > fewRecords)) return 'growing';
  return seconds < -fewSeconds || records < -fewRecords ? 'falling' : 'steady';
};

/** A lag that grows is never ok, and one that stands still is so only where it is small. */
export const verdictOf = ({ seconds }: Pick<Sample, 'seconds'>, trend: Trend): Verdict => {
  if (trend === 'growing') return 'growing';
  if (seconds <= OK_S) return trend === 'unknown' && seconds > ON_ITS_WAY_S ? 'unknown' : 'ok';
  return trend === 'falling' ? 'catching up' : trend === 'unknown' ? 'unknown' : 'behind';
};

const ORDER: readonly Verdict[] = ['ok', 'catching up', 'unknown', 'behind', 'growing'];
export const worst = (verdicts: readonly Verdict[]): Verdict => verdicts.reduce<Verdict>((most, one) => (ORDER.indexOf(one) > ORDER.indexOf(most) ? one : most), 'ok');
