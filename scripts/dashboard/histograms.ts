/** Histograms out of what a process tells Prometheus: one for each name and step, summed over all other labels. Pure. */
import type { HistogramView } from './model.ts';

const LINE = /^(mmbot_[a-z0-9_]+_seconds)_bucket\{([^}]*)\} (\d+(?:\.\d+)?)$/;
const HELP = /^# HELP (mmbot_[a-z0-9_]+_seconds) (.*)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
/** What tells one from another in a name; the rest (paths, symbols) is summed up. */
const SPLIT = ['step', 'via', 'stage', 'kind'];
/** Calls of every path together say little. */
const LEFT_OUT = new Set(['mmbot_venue_call_seconds']);
const SHOWN_MAX = 12;

export function histogramsOf(text: string): readonly HistogramView[] {
  const helps = new Map<string, string>();
  const sums = new Map<string, { readonly name: string; readonly cumulative: Map<number, number> }>();
  for (const line of text.split('\n')) {
    const help = HELP.exec(line);
    if (help) helps.set(help[1] ?? '', help[2] ?? '');
    const bucket = LINE.exec(line);
    if (!bucket || LEFT_OUT.has(bucket[1] ?? '')) continue;
    const labels = new Map([...(bucket[2] ?? '').matchAll(LABEL)].map(([, name = '', value = '']) => [name, value]));
    const words = SPLIT.flatMap((name) => labels.get(name) ?? []);
    const key = [bucket[1], ...words].join(' ');
    const sum = sums.get(key) ?? { name: bucket[1] ?? '', cumulative: new Map<number, number>() };
    const le = labels.get('le') === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.get('le'));
    sum.cumulative.set(le, (sum.cumulative.get(le) ?? 0) + Number(bucket[3]));
    sums.set(key, sum);
  }
  return [...sums]
    .map(([key, { name, cumulative }]) => ({ ...countsOf(cumulative), name: titleOf(key), help: helps.get(name) ?? '' }))
    .filter(({ counts }) => counts.some((count) => count > 0))
    .slice(0, SHOWN_MAX);
}

function countsOf(cumulative: ReadonlyMap<number, number>): Pick<HistogramView, 'bounds' | 'counts'> {
  const rows = [...cumulative].toSorted(([a], [b]) => a - b);
  const counts = rows.map(([, count], i) => count - (rows[i - 1]?.[1] ?? 0));
  return { bounds: rows.map(([bound]) => bound).filter(Number.isFinite), counts };
}

const titleOf = (key: string): string => {
  const [name = '', ...words] = key.split(' ');
  return [name.replace(/^mmbot_|_seconds$/g, '').replaceAll('_', ' '), ...words].join(' · ');
};
