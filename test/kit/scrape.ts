/** A page of metrics, read without the library that wrote it. */
export type Family = { readonly name: string; readonly help: string; readonly type: string; readonly samples: readonly Sample[] };
export type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number };

export function readScrape(text: string): readonly Family[] {
  const families: (Family & { samples: Sample[] })[] = [];
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help) families.push({ name: help[1] ?? '', help: help[2] ?? '', type: '', samples: [] });
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    const last = families.at(-1);
    if (type && last) families[families.length - 1] = { ...last, type: type[2] ?? '' };
    const sample = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample && !line.startsWith('#')) families.at(-1)?.samples.push(sampleOf(sample));
  }
  return families;
}

function sampleOf([, name = '', labels = '', value = '']: RegExpExecArray): Sample {
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
  return { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) };
}

/** By `name{label="value"}` without the label of the process. */
export function valuesOf(text: string): ReadonlyMap<string, number> {
  const key = ({ name, labels: { process: _, ...labels } }: Sample): string => {
    const told = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return told.length === 0 ? name : `${name}{${told.join(',')}}`;
  };
  return new Map(readScrape(text).flatMap(({ samples }) => samples.map((sample): [string, number] => [key(sample), sample.value])));
}

const UNIT_WORDS = /_(ms|milliseconds|us|micros|minutes|hours|percent|kb|mb)(_|$)/;

/** What breaks the conventions of Prometheus, one line for each; of our own names only. */
export const badNames = (text: string): readonly string[] =>
  readScrape(text)
    .filter(({ name }) => name.startsWith('mmbot_'))
    .flatMap(({ name, help, type }) => [
      ...(/^mmbot_[a-z][a-z0-9_]*[a-z0-9]$/.test(name) ? [] : [`${name}: not a name in small letters`]),
      ...(help.length >= 8 ? [] : [`${name}: no help`]),
      ...((type === 'counter') === name.endsWith('_total') ? [] : [`${name}: a ${type} ${type === 'counter' ? 'without' : 'with'} _total`]),
      ...(type !== 'histogram' || /_(seconds|bytes)$/.test(name) ? [] : [`${name}: a histogram without its unit`]),
      ...(UNIT_WORDS.test(name) ? [`${name}: no base unit`] : []),
      ...(/_(bucket|sum|count)$/.test(name) ? [`${name}: ends as a part of a histogram`] : []),
    ]);

/** Values that a label takes on all pages. */
export const labelValues = (text: string, name: string, label: string): readonly string[] => [
  ...new Set(
    readScrape(text)
      .filter((family) => family.name === name)
      .flatMap(({ samples }) => samples.flatMap(({ labels }) => (labels[label] === undefined ? [] : [labels[label]]))),
  ),
];
