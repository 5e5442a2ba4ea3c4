/** Model histories chunk after chunk until the time is up; a seed's campaign goes on where it was left, and what is found is kept. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHistories, type Counted, withLedgerDir } from '../../test/kit/model/check.ts';
import { liveHistory } from '../../test/kit/model/history.ts';
import type { Script } from '../../test/kit/model/script.ts';
import { EXIT } from '../lib/tool.ts';

const CHUNK = 250;
const SHRINK_MS = 60_000;

export type ModelFlags = { readonly minutes: number; readonly seed: number; readonly dir: string };
type Line = Counted & { readonly chunk: number; readonly found: string | null };

export async function soakModel({ minutes, seed, dir }: ModelFlags): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `model-${seed}.jsonl`);
  const earlier = existsSync(file) ? linesOf(file) : [];
  const lines: Line[] = [];
  const from = performance.now();
  while (!stop.signal.aborted && (lines.length === 0 || performance.now() - from < minutes * 60_000)) {
    const line = await oneChunk({ seed, dir, chunk: earlier.length + lines.length });
    lines.push(line);
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    process.stderr.write(`${told(line)}\n`);
  }
  const [now, ever] = [sum(lines), sum([...earlier, ...lines])];
  const perSecond = Math.round((now.histories / (performance.now() - from)) * 10_000) / 10;
  const found = lines.flatMap((line) => line.found ?? []);
  process.stdout.write(`${JSON.stringify({ ok: found.length === 0, ...now, perSecond, ever: ever.histories, found })}\n`);
  return found.length === 0 ? EXIT.done : EXIT.failed;
}

/** One kept script once more. */
export async function replayModel(file: string): Promise<number> {
  const { script }: { readonly script: Script } = JSON.parse(readFileSync(file, 'utf8'));
  const { violations } = await withLedgerDir((dir) => liveHistory(script, dir));
  process.stdout.write(`${JSON.stringify({ ok: violations.length === 0, violations })}\n`);
  return violations.length === 0 ? EXIT.done : EXIT.failed;
}

type Chunk = { readonly seed: number; readonly dir: string; readonly chunk: number };

async function oneChunk({ seed, dir, chunk }: Chunk): Promise<Line> {
  const chunkSeed = (seed * 100_000 + chunk) % 2 ** 31;
  const { counted, finding } = await checkHistories({ seed: chunkSeed, histories: CHUNK, shrinkMs: SHRINK_MS });
  if (!finding) return { ...counted, chunk, found: null };
  const found = join(dir, `model-${seed}-${chunk}.json`);
  writeFileSync(found, JSON.stringify({ seed: chunkSeed, ...finding }, null, 1));
  process.stderr.write(`${[`found, see it again with: npm run test:soak -- --replay ${found}`, ...finding.violations].join('\n  ')}\n`);
  return { ...counted, chunk, found };
}

const linesOf = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Line);

const sum = (lines: readonly Line[]): Counted => ({
  histories: lines.reduce((total, { histories }) => total + histories, 0),
  orders: lines.reduce((total, { orders }) => total + orders, 0),
  fills: lines.reduce((total, { fills }) => total + fills, 0),
  kills: lines.reduce((total, { kills }) => total + kills, 0),
});

const told = ({ chunk, histories, orders, fills, kills, found }: Line): string =>
  `chunk ${chunk}: ${histories} histories, ${orders} orders, ${fills} fills, ${kills} kills, ${found === null ? 'all holds' : `found ${found}`}`;
