/** How figures are written, the same in the terminal, the page and a comparison. Pure. */
export const NONE = '–';

export const percent = (share: number | null, digits = 2): string => (share === null ? NONE : `${(share * 100).toFixed(digits)} %`);
export const ratio = (value: number | null): string => (value === null ? NONE : value.toFixed(2));
export const bps = (value: number | null, error: number | null = null): string =>
  value === null ? NONE : `${value.toFixed(2)} bps${error === null ? '' : ` ± ${error.toFixed(2)}`}`;

/** Thousands apart, `digits` behind the point. */
export const amount = (value: number, digits = 2): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** '2026-11-27 09:05:03', UTC. */
export const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** '3 d 4 h', '12 min 30 s', '250 ms'. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const at = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[at] ?? [1, 's'];
  const next = units[at + 1];
  const rest = next ? Math.floor((seconds % size) / next[0]) : 0;
  return `${Math.floor(seconds / size)} ${name}${next && rest > 0 ? ` ${rest} ${next[1]}` : ''}`;
}
