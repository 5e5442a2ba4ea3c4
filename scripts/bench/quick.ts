/** The short run for a server: a few ratios against the recorded ones, a second try for what does not hold at once. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figure, median } from './measure.ts';
import { QUICK_PARTS } from './quick-parts.ts';
import { betterOf, fails, type Judgement, judge, type Ratio, type Recorded, ratiosOf } from './regress.ts';

const RECORDED = join(import.meta.dirname, 'recorded.json');
const PARTS_FILE = join(import.meta.dirname, 'quick-parts.ts');
const RECORD_RUNS = 7;

export type Checked = { readonly figures: readonly Figure[]; readonly judged: readonly Judgement[] };

export async function checkQuick(recorded: Recorded): Promise<Checked> {
  const [figures, ratios]: [Figure[], Ratio[]] = [[], []];
  for (const part of QUICK_PARTS) {
    const first = await tryOf(part);
    const seen = ratiosOf(first);
    figures.push(...first);
    ratios.push(...(isDoubted(seen, recorded) ? betterOf(seen, ratiosOf(await tryOf(part))) : seen));
  }
  return { figures, judged: judge(ratios, recorded) };
}

/** What was recorded and not measured is judged at the end, over all parts. */
const isDoubted = (ratios: readonly Ratio[], recorded: Recorded): boolean =>
  judge(ratios, recorded).some(({ verdict }) => verdict === 'regressed' || verdict === 'inconclusive');

async function tryOf(part: string): Promise<readonly Figure[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PARTS_FILE, part]);
  return JSON.parse(stdout) as readonly Figure[];
}

export const failed = ({ judged }: Checked): boolean => judged.some(fails);

export function readRecorded(): Recorded {
  if (!existsSync(RECORDED)) throw new Error('Nothing is recorded to hold the ratios against: run with --quick --record');
  const { ratios } = JSON.parse(readFileSync(RECORDED, 'utf8')) as { readonly ratios: Recorded };
  return ratios;
}

/** The median of several runs that were quiet, so that one lucky moment does not become the measure; a machine too busy for that records nothing. */
export async function record(machine: object): Promise<Recorded> {
  const seen: Ratio[] = [];
  for (let n = 0; n < RECORD_RUNS; n++) for (const part of QUICK_PARTS) seen.push(...ratiosOf(await tryOf(part)));
  const ratios = Object.fromEntries([...Map.groupBy(seen, ({ name }) => name)].map(([name, all]) => [name, quietMedian(name, all)]));
  writeFileSync(RECORDED, `${JSON.stringify({ machine, ratios }, null, 2)}\n`);
  return ratios;
}

function quietMedian(name: string, all: readonly Ratio[]): number {
  const quiet = all.filter(({ conclusive }) => conclusive).map(({ value }) => value);
  if (quiet.length <= all.length / 2) throw new Error(`Nothing is recorded: the floor of "${name}" was too noisy; try on a quiet machine`);
  return Number(median(quiet).toPrecision(4));
}
