/** Numbers and times as words with their units. What is not known is "unknown", never a zero. Pure. */
export const UNKNOWN = 'unknown';
type Text = string | null | undefined;

/** Zeros at the end are cut: '0.0100' is '0.01'. */
export const plain = (text: Text): string =>
  text === null || text === undefined ? UNKNOWN : text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;

/** With so many places as the step has: prices of one symbol stand under each other. */
export function stepped(text: Text, step: string | undefined): string {
  if (text === null || text === undefined) return UNKNOWN;
  const places = step === undefined ? Math.min(8, text.split('.')[1]?.length ?? 0) : (plain(step).split('.')[1]?.length ?? 0);
  return grouped(Number(text), places);
}

export const grouped = (value: number, places: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });

/** Money with a sign and its asset; small amounts keep their digits. */
export function money(text: Text, asset = ''): string {
  if (text === null || text === undefined) return UNKNOWN;
  const value = Number(text);
  const places = value === 0 || Math.abs(value) >= 1_000 ? 2 : Math.abs(value) >= 0.01 ? 4 : 6;
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return `${sign}${grouped(Math.abs(value), places)}${asset === '' ? '' : ` ${asset}`}`;
}

/** A size with a sign. */
export const signed = (text: Text): string => {
  if (text === null || text === undefined) return UNKNOWN;
  const value = plain(text);
  return value.startsWith('-') ? `−${value.slice(1)}` : Number(value) === 0 ? '0' : `+${value}`;
};

export const toneOf = (text: Text): 'buy' | 'sell' | '' => {
  const value = Number(text ?? 0);
  return value > 0 ? 'buy' : value < 0 ? 'sell' : '';
};

/** '43 ms', '1.2 s', '3.4 min', '2.1 h'. */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Of microseconds. */
export const micros = (us: number | undefined): string =>
  us === undefined
    ? ''
    : us < 1_000
      ? `${Math.round(us)} µs`
      : us < 1e6
        ? `${(us / 1_000).toFixed(us < 10_000 ? 2 : 1)} ms`
        : `${(us / 1e6).toFixed(2)} s`;

/** Of seconds. */
export const seconds = (s: number): string =>
  micros(s * 1e6)
    .replace(/\.0+ /, ' ')
    .replace(/(\.\d*[1-9])0+ /, '$1 ');

export const percent = (value: number, places = 2): string => `${value.toFixed(places)} %`;

export const clock = (wallMs: number | null | undefined): string =>
  wallMs === null || wallMs === undefined ? UNKNOWN : new Date(wallMs).toISOString().slice(11, 19);

export const dayAndTime = (wallMs: number): string => new Date(wallMs).toISOString().slice(5, 16).replace('T', ' ');

/** 'dailyLossPercent' is 'daily loss' in '%'. */
export function reading(name: string): { readonly label: string; readonly unit: string } {
  const units = [
    ['Percent', '%'],
    ['PerMinute', '/min'],
    ['Minutes', 'min'],
    ['Bps', 'bps'],
    ['Ms', 'ms'],
  ] as const;
  const [ending, unit] = units.find(([word]) => name.endsWith(word)) ?? ['', ''];
  const words = name.slice(0, name.length - ending.length).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return { label: words, unit };
}
