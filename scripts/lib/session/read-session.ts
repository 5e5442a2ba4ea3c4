/** Reads a session of our own from its tape. Throws TapeProblem and Problem: one line for a person. */
import * as z from 'zod';
import { checkConfig, problemLine, type Config } from '../../../shared/config.ts';
import { type Instrument, type InstrumentSpec, makeInstrument } from '../../../shared/instrument.ts';
import { TapeFault } from '../../../shared/io/tape-reader.ts';
import { TapeGap, type TapeHead, type TapeRecord } from '../../../shared/tape.ts';
import { TapeProblem } from '../../sim/tape-file.ts';
import { headOf, holdsTape, readTapes } from '../../sim/tape-folder.ts';
import { EXIT, Problem } from '../tool.ts';
import { FeedSeen, usualMs } from './feed-seen.ts';
import { AccountSeen } from './account-seen.ts';
import { OrdersSeen } from './orders-seen.ts';
import type { Published, RecordedCommand, RecordedTurn, Session } from './session.ts';

type Found = { head: TapeHead; published: number; firstMs: number; lastMs: number };
type Turn = RecordedTurn & { readonly kinds: readonly string[] };

const GATEWAY = { only: (name: string) => !name.startsWith('brain-') };
const BRAIN = { only: (name: string) => name.startsWith('brain-') };

/** Of the run of the gateway that gave out most snapshots; what other runs did is left out, and said. */
export async function readSession(path: string): Promise<Session> {
  const runs = await told(path, () => runsOf(path));
  const [main, ...others] = [...runs.values()].sort((a, b) => b.published - a.published);
  if (!main || main.published === 0) throw new TapeProblem(`${path}: no gateway gave out a snapshot on it`);
  const config = configOf(path, main.head);
  const walk = new Walk(main.head.run);
  await told(path, async () => {
    for await (const records of readTapes(path, GATEWAY)) for (const record of records) walk.take(record);
  });
  const { turns, remembered } = await told(path, () => turnsOf(path, main));
  return walk.session({ path, config, turns, remembered, left: others.filter(({ published }) => published > 0).length, span: main });
}

/** Records of the gateway's run that `readSession` chose, in the order in which they were written. */
export async function* recordsOfSession({ path, firstMs, lastMs }: Pick<Session, 'path' | 'firstMs' | 'lastMs'>) {
  try {
    for await (const records of readTapes(path, GATEWAY)) {
      const wanted = records.filter(({ atMs }) => atMs >= firstMs && atMs <= lastMs);
      if (wanted.length > 0) yield wanted;
    }
  } catch (fault) {
    throw fault instanceof TapeFault ? new TapeProblem(fault.message) : fault;
  }
}

async function told<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (fault) {
    if (fault instanceof TapeFault) throw new TapeProblem(fault.message);
    if (fault instanceof z.ZodError) {
      const [issue] = fault.issues;
      throw new TapeProblem(`${path}: a record of another version: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
    }
    throw fault instanceof SyntaxError ? new TapeProblem(`${path}: a record that cannot be read: ${fault.message}`) : fault;
  }
}

async function runsOf(path: string): Promise<ReadonlyMap<string, Found>> {
  const runs = new Map<string, Found>();
  let run: Found | null = null;
  for await (const records of readTapes(path, GATEWAY))
    for (const record of records) {
      const head = headOf(record);
      if (head) {
        run = runs.get(head.run) ?? { head, published: 0, firstMs: record.atMs, lastMs: record.atMs };
        runs.set(head.run, run);
      }
      if (run?.head.process !== 'gateway') continue;
      run.lastMs = record.atMs;
      if (record.source === 'published') run.published += 1;
    }
  return runs;
}

function configOf(path: string, { config }: TapeHead): Config {
  if (config === null || typeof config !== 'object')
    throw new Problem(EXIT.failed, [`${path}: the tape tells no configuration: without it nobody knows what was run`]);
  const checked = checkConfig(config);
  if ('problems' in checked)
    throw new Problem(
      EXIT.failed,
      checked.problems.map((problem) => `${path}: configuration on the tape: ${problemLine(problem)}`),
    );
  return checked.config;
}

/** As `brain/io/brain-tape.ts` writes them. */
type Decision = {
  readonly epoch: number;
  readonly seq: number;
  readonly now: number;
  readonly symbols: readonly { readonly commands?: readonly { readonly kind: string }[] }[];
};

/** Each turn at the moment at which its documents were looked at: the record itself is written when all of it is done. */
async function turnsOf(path: string, { firstMs, lastMs }: Found): Promise<Told> {
  const turns: Turn[] = [];
  let remembered: string | null = null;
  let head: TapeHead | null = null;
  if (!holdsTape(path, BRAIN.only)) return { turns, remembered };
  for await (const records of readTapes(path, BRAIN))
    for (const record of records) {
      head = headOf(record) ?? head;
      if (record.source === 'remembered' && record.atMs >= firstMs && record.atMs <= lastMs) remembered ??= record.raw;
      if (record.source !== 'decision' || !head || record.atMs < firstMs || record.atMs > lastMs + 1_000) continue;
      const { epoch, seq, now, symbols } = JSON.parse(record.raw) as Decision;
      const kinds = symbols.flatMap(({ commands = [] }) => commands.map(({ kind }) => kind));
      turns.push({ epoch, seq, atMs: head.wallMs + (now - head.monoMs), commands: kinds.length, kinds });
    }
  return { turns, remembered };
}

type Told = { readonly turns: readonly Turn[]; readonly remembered: string | null };
type Parts = Told & {
  readonly path: string;
  readonly config: Config;
  readonly left: number;
  readonly span: Found;
};

/** One pass over the records of one run of the gateway. */
class Walk {
  readonly #run: string;
  readonly #account = new AccountSeen();
  readonly #published: Published[] = [];
  readonly #feed = new FeedSeen();
  readonly #gaps: { readonly atMs: number; readonly what: string }[] = [];
  #instruments: ReadonlyMap<string, Instrument> = new Map();
  #orders = new OrdersSeen(new Map());
  #current = false;

  constructor(run: string) {
    this.#run = run;
  }

  take(record: TapeRecord): void {
    const { source, raw, atMs } = record;
    const head = headOf(record);
    if (head) this.#current = head.run === this.#run;
    if (!this.#current) return;
    if (source === 'instruments') this.#instrumentsAre(raw);
    else if (source === 'gap') this.#gaps.push({ atMs, what: TapeGap.parse(JSON.parse(raw)).reason });
    else if (source === 'published') this.#published.push({ atMs, ...(JSON.parse(raw) as { epoch: number; seq: number }) });
    this.#orders.take(record);
    this.#account.take(record);
    this.#feed.take(record);
  }

  session({ path, config, turns, remembered, left, span: { firstMs, lastMs } }: Parts): Session {
    const isPaper = config.environment === 'paper';
    const inPublic = !isPaper && (this.#feed.inPublic(this.#orders.fills.values()) ?? true);
    const { snapshots, trades } = this.#feed;
    const retold = isPaper || inPublic ? null : trades;
    const ways = retold?.map(({ heardMs, stampMs }) => heardMs - stampMs) ?? this.#feed.ways;
    const offsetMs = this.#offset(ways);
    const at = (ms: number): number => ms + offsetMs;
    const notes = [
      ...(left > 0 ? [`${left} other runs of the gateway are left out`] : []),
      ...(inPublic ? [] : ['our orders did not stand in the public book: a paper account, or a recording that a simulator served']),
      ...this.#account.unknown.map((symbol) => `the tape does not tell what was held of ${symbol} when it began: nothing is assumed`),
      ...(turns.length === 0 ? ['no tape of a brain: when it decided is guessed from its commands'] : []),
    ];
    return {
      ...{ path, config, instruments: this.#instruments, snapshots, firstMs, lastMs, offsetMs, turns, notes },
      ...{ endMs: this.#orders.endMs ?? lastMs, feedMs: usualMs(ways, offsetMs), inPublic, retold },
      ...{ remembered, published: this.#published, commands: this.#commands(turns, at), start: this.#account.start, gaps: this.#gaps },
      fills: [...this.#orders.fills.values()].map((fill) => ({ ...fill, atMs: at(fill.atMs) })).sort((a, b) => a.atMs - b.atMs),
      notices: this.#orders.notices
        .map(({ venueMs, heardMs }) => ({ venueMs: Math.min(at(venueMs), heardMs), heardMs }))
        .sort((a, b) => a.venueMs - b.venueMs),
      resting: this.#orders.resting.map((one) => ({ ...one, atMs: at(one.atMs) })),
    };
  }

  #instrumentsAre(raw: string): void {
    if (this.#instruments.size > 0) return;
    const specs = JSON.parse(raw) as Readonly<Record<string, InstrumentSpec>>;
    const made = Object.entries(specs).map(([symbol, spec]) => {
      const instrument = makeInstrument(spec);
      if (typeof instrument === 'string') throw new TapeProblem(instrument);
      return [symbol, instrument] as const;
    });
    this.#instruments = new Map(made);
    this.#orders = new OrdersSeen(this.#instruments);
  }

  /** Short ways there and back are taken as equally long; not the very shortest: an event may be taken for that of a command which came later. */
  #offset(ways: readonly number[]): number {
    const there = shortOf(this.#orders.commands.flatMap(({ venueMs, takenMs }) => (venueMs === null ? [] : [venueMs - takenMs])));
    const feed = shortOf(ways);
    if (feed === null) return there === null ? 0 : -there;
    return there === null ? feed : (feed - there) / 2;
  }

  #commands(turns: readonly Turn[], at: (ms: number) => number): readonly RecordedCommand[] {
    const decided = new Map(turns.map(({ epoch, seq, atMs }) => [`${epoch}:${seq}`, atMs]));
    const cancels = cancelTurns(turns);
    return this.#orders.commands.map(({ basedOn, id: _, ...row }) => {
      const decidedMs = (basedOn === '' ? cancels(row.takenMs) : decided.get(basedOn)) ?? null;
      const venueMs = row.venueMs === null ? null : Math.max(row.takenMs, at(row.venueMs));
      return { ...row, decidedMs, venueMs: venueMs === null || row.heardMs === null ? venueMs : Math.min(venueMs, row.heardMs) };
    });
  }
}

const SHORT_SHARE = 0.03;

const shortOf = (ways: readonly number[]): number | null => [...ways].sort((a, b) => a - b)[Math.floor(ways.length * SHORT_SHARE)] ?? null;

/** A cancel names no snapshot: it is of the last turn with a cancel before it came. */
function cancelTurns(turns: readonly Turn[]): (takenMs: number) => number | null {
  const times = turns.filter(({ kinds }) => kinds.includes('cancel')).map(({ atMs }) => atMs);
  return (takenMs) => times.findLast((atMs) => atMs <= takenMs) ?? null;
}
