/** Histograms of a running process, read from its metrics. */
import { readScrape } from '../../test/kit/scrape.ts';

/** How many were at or below each bound, of the smallest bound first. */
export type Counts = ReadonlyMap<number, number>;
type Wanted = { readonly port: number; readonly name: string; readonly labels?: Readonly<Record<string, string>> };

export async function countsOf({ port, name, labels: wanted = {} }: Wanted): Promise<Counts> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const rows = readScrape(text).find((family) => family.name === name)?.samples ?? [];
  const ours = rows.filter(
    ({ name: row, labels }) => row.endsWith('_bucket') && Object.entries(wanted).every(([key, value]) => labels[key] === value),
  );
  return new Map(ours.map(({ labels, value }) => [labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']), value]));
}

/** What came to it between two readings. */
export const between = (before: Counts, after: Counts): Counts =>
  new Map([...after].map(([bound, n]) => [bound, n - (before.get(bound) ?? 0)]));

/** As Prometheus reads it: evenly spread between two bounds. */
export function quantileOf(counts: Counts, q: number): number {
  const rows = [...counts].sort(([a], [b]) => a - b);
  const wanted = q * (rows.at(-1)?.[1] ?? 0);
  const i = rows.findIndex(([, n]) => n >= wanted);
  const [[bound, n], [below, under]] = [rows[i] ?? [Number.NaN, 0], rows[i - 1] ?? [0, 0]];
  return Number.isFinite(bound) ? below + ((bound - below) * (wanted - under)) / Math.max(1, n - under) : below;
}
