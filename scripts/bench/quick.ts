/** The short run for a server: a few ratios against the recorded ones, a second try for what does not hold at once. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchBook } from './book.ts';
import { benchGuard } from './guard.ts';
import { type Figure, median } from './measure.ts';
import { benchOrders } from './orders.ts';
import { betterOf, fails, type Judgement, judge, type Ratio, type Recorded, ratiosOf } from './regress.ts';
import { benchRender } from './render.ts';

export const RECORDED = join(import.meta.dirname, 'recorded.json');
const RECORD_RUNS = 3;
/** Each can be run again alone. */
const RUNS: readonly (() => Promise<readonly Figure[]>)[] = [
  () => benchBook(50),
  () => benchGuard(),
  async () => [await benchRender()],
  async () => [await benchOrders()],
];

export type Checked = { readonly figures: readonly Figure[]; readonly judged: readonly Judgement[] };

export async function checkQuick(recorded: Recorded): Promise<Checked> {
  const [figures, ratios]: [Figure[], Ratio[]] = [[], []];
  for (const run of RUNS) {
    const first = await run();
    const seen = ratiosOf(first);
    figures.push(...first);
    const doubted = judge(seen, only(recorded, seen)).some(({ verdict }) => verdict === 'regressed' || verdict === 'inconclusive');
    ratios.push(...(doubted ? betterOf(seen, ratiosOf(await run())) : seen));
  }
  return { figures, judged: judge(ratios, recorded) };
}

const only = (recorded: Recorded, ratios: readonly Ratio[]): Recorded =>
  Object.fromEntries(ratios.flatMap(({ name }) => (recorded[name] === undefined ? [] : [[name, recorded[name]]])));

export const failed = ({ judged }: Checked): boolean => judged.some(fails);

export function readRecorded(path: string = RECORDED): Recorded {
  const { ratios } = JSON.parse(readFileSync(path, 'utf8')) as { readonly ratios: Recorded };
  return ratios;
}

/** The median of several whole runs, so that one lucky moment does not become the measure. Refuses what was too noisy to be held against. */
export async function record(machine: object): Promise<Recorded> {
  const seen: Ratio[] = [];
  for (let n = 0; n < RECORD_RUNS; n++) for (const run of RUNS) seen.push(...ratiosOf(await run()));
  const noisy = seen.find(({ conclusive }) => !conclusive);
  if (noisy) throw new Error(`Nothing is recorded: the floor of "${noisy.name}" was too noisy; try on a quiet machine`);
  const names = [...new Set(seen.map(({ name }) => name))];
  const of = (wanted: string): number => median(seen.filter(({ name }) => name === wanted).map(({ value }) => value));
  const ratios = Object.fromEntries(names.map((name) => [name, Number(of(name).toPrecision(4))]));
  writeFileSync(RECORDED, `${JSON.stringify({ machine, ratios }, null, 2)}\n`);
  return ratios;
}
