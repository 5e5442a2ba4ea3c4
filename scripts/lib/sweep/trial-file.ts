/**
 * Outcomes of trials on disk, one line each, only ever appended to: what a killed sweep has done is there when it is started again. The
 * first line tells of which world they are. A last line that was cut off is dropped; any other bad line is refused, with its number.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import * as z from 'zod';
import { EXIT, Problem } from '../tool.ts';
import { Outcome } from './trial.ts';
import { keyOf, type World } from './world.ts';

const SCHEMA = 1 as const;
const Head = z.strictObject({
  sweep: z.literal(SCHEMA),
  key: z.string(),
  hashes: z.strictObject({ data: z.string(), config: z.string(), code: z.string(), assumptions: z.string() }),
});
const Row = z.strictObject({ id: z.string(), outcome: Outcome });

const WORDS = {
  data: 'the data',
  config: 'the configuration',
  code: 'the program',
  assumptions: 'symbol, account or assumptions',
} as const;

export class TrialFile implements Disposable {
  readonly #outcomes: Map<string, Outcome>;
  readonly #file: number;
  readonly #lock: string;

  private constructor({ outcomes, file, lock }: { readonly outcomes: Map<string, Outcome>; readonly file: number; readonly lock: string }) {
    [this.#outcomes, this.#file, this.#lock] = [outcomes, file, lock];
  }

  /** Throws Problem: of another world, damaged, or in use. `fresh`: what is there is forgotten, if nobody writes it. */
  static open(path: string, world: World, { fresh }: { readonly fresh: boolean } = { fresh: false }): TrialFile {
    const lock = lockFile(path);
    try {
      const { outcomes, bytes } = existsSync(path) && !fresh ? readTrials(path, world) : { outcomes: new Map<string, Outcome>(), bytes: 0 };
      const file = openSync(path, 'a');
      ftruncateSync(file, bytes);
      if (bytes === 0) writeSync(file, `${JSON.stringify({ sweep: SCHEMA, key: keyOf(world), hashes: world.hashes })}\n`);
      return new TrialFile({ outcomes, file, lock });
    } catch (error) {
      unlinkSync(lock);
      throw error;
    }
  }

  get size(): number {
    return this.#outcomes.size;
  }

  get(id: string): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  /** What is told a second time is not written again. */
  add(id: string, outcome: Outcome): void {
    if (this.#outcomes.has(id)) return;
    this.#outcomes.set(id, outcome);
    writeSync(this.#file, `${JSON.stringify({ id, outcome })}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
    unlinkSync(this.#lock);
  }
}

/** Two sweeps must not write one file; what a killed one left behind is taken over. */
function lockFile(path: string): string {
  const lock = `${path}.lock`;
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new Problem(EXIT.failed, [`cannot write ${path}: ${code}`]);
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid !== process.pid && isAlive(pid))
      throw new Problem(EXIT.refused, [
        `${path}: process ${pid} is writing it: allowed is another --out, to wait, or, where that is no sweep, to remove ${lock}`,
      ]);
    writeFileSync(lock, String(process.pid));
  }
  return lock;
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** `bytes`: up to the end of the last whole line. */
function readTrials(path: string, world: World): { readonly outcomes: Map<string, Outcome>; readonly bytes: number } {
  const outcomes = new Map<string, Outcome>();
  let [line, bytes] = [0, 0];
  for (const text of wholeLines(readFileSync(path))) {
    line += 1;
    bytes += text.length + 1;
    if (line === 1) {
      checkHead(path, { head: text.toString('utf8'), world });
      continue;
    }
    const row = Row.safeParse(jsonOf(text.toString('utf8')));
    if (!row.success)
      throw new Problem(EXIT.failed, [`${path}:${line}: not a trial of this version: allowed is --fresh, which begins anew`]);
    if (!outcomes.has(row.data.id)) outcomes.set(row.data.id, row.data.outcome);
  }
  return { outcomes, bytes };
}

/** Without their ends. Bytes, line by line: as one text a long sweep would be longer than a text may be. */
function* wholeLines(content: Buffer): Generator<Buffer, void, void> {
  for (let from = 0, end = content.indexOf(10); end >= 0; from = end + 1, end = content.indexOf(10, from))
    yield content.subarray(from, end);
}

function checkHead(path: string, { head, world }: { readonly head: string; readonly world: World }): void {
  const parsed = Head.safeParse(jsonOf(head));
  if (!parsed.success)
    throw new Problem(EXIT.failed, [`${path}:1: no trials of a sweep of this version: allowed is another --out, or --fresh`]);
  const names = Object.keys(WORDS) as (keyof typeof WORDS)[];
  const other = names.filter((name) => parsed.data.hashes[name] !== world.hashes[name]);
  if (other.length === 0) return;
  const what = other.map((name) => WORDS[name]).join(', ');
  throw new Problem(EXIT.refused, [
    `${path}: trials of another sweep (${what} differ): allowed is another --out, or --fresh to begin anew`,
  ]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
