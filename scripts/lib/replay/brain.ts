/**
 * Runs every turn of a recorded brain again: the same pure step, on the documents, clocks and answers that stand on the tape, from what the
 * brain remembered when it started. What it decides now is compared with what it decided then, text by text.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { carriedOver } from '../../../brain/carry-over.ts';
import { loadCustoms } from '../../../brain/io/custom.ts';
import { answered } from '../../../brain/oms/notes.ts';
import { ClientIds } from '../../../brain/oms/ids.ts';
import type { Pending } from '../../../brain/oms/working.ts';
import { readPortfolio } from '../../../brain/portfolio/row.ts';
import { type Exits, NO_EXITS } from '../../../brain/risk/exits.ts';
import { readRisk } from '../../../brain/risk/row.ts';
import { fromMemory } from '../../../brain/risk/watch.ts';
import { makeRuns } from '../../../brain/runs.ts';
import { settingsOf } from '../../../brain/settings.ts';
import { settle } from '../../../brain/settle.ts';
import { type BrainState, initialState, type Remembered, type Settings, step, type Stepped, withSettings } from '../../../brain/step.ts';
import type { SavedState } from '../../../brain/strategy/seat.ts';
import { toldSteps, type ToldStep, toldText, type ToldTurn, TurnReader } from '../../../brain/told-turn.ts';
import type { Heard, Turn } from '../../../brain/turn.ts';
import { parseClientId } from '../../../shared/client-id.ts';
import { checkConfig, type Config, problemLine } from '../../../shared/config.ts';
import { TapeHead, type TapeRecord } from '../../../shared/tape.ts';
import { type MonoMs, monoMs } from '../../../shared/units.ts';

/** A turn that is decided otherwise now. */
export type Differing = {
  readonly atMs: number;
  readonly snapshot: string;
  readonly symbol: string;
  readonly recorded: string;
  readonly replayed: string;
};
/** As `brain/io/brain-tape.ts` writes them. */
export type Start = {
  readonly exits: Readonly<Record<string, Exits>>;
  readonly portfolio: string | null;
  readonly risk: string | null;
  readonly seats: Readonly<Record<string, SavedState | null>>;
};
type Decision = { readonly symbols: readonly ToldStep[] };

const DIFFERING_MAX = 100;

export class ReplayBrain {
  /** Run again, and decided alike: commands, hard exits and questions; and with them every reason and signal. */
  readonly turns = { run: 0, equal: 0, reasonsEqual: 0, skipped: 0 };
  readonly differing: Differing[] = [];
  /** Why turns are not run again; null while they are. */
  hindrance: string | null = 'the tape holds no brain';
  readonly #configFile: string;
  readonly #hash = createHash('sha256');
  #run = '';
  #config: Config | null = null;
  #settings: Settings | null = null;
  #state: BrainState | null = null;
  #reader = new TurnReader();
  #ids = { lease: 0, ids: new ClientIds(0) };
  #stepped: Stepped | null = null;

  /** Files of own strategies are named from the folder of `configFile`. */
  constructor(configFile: string) {
    this.#configFile = configFile;
  }

  async take(record: TapeRecord): Promise<void> {
    const { source, raw, atMs } = record;
    if (source === 'head') await this.#head(raw);
    else if (source === 'gap' && this.#state) this.#stop('records are missing on the tape');
    else if (source === 'remembered') this.#begin(JSON.parse(raw) as Start, atMs);
    else if (source === 'settled') await this.#heard(JSON.parse(raw) as Heard);
    else if (source === 'documents') this.#documents(JSON.parse(raw) as ToldTurn);
    else if (source === 'decision') this.#decision(record);
  }

  hash(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Each file says which run of the brain wrote it; another run begins anew. */
  async #head(raw: string): Promise<void> {
    const head = TapeHead.parse(JSON.parse(raw));
    if (head.process !== 'brain' || head.run === this.#run) return;
    this.#run = head.run;
    this.#state = null;
    this.#reader = new TurnReader();
    const checked = checkConfig(head.config);
    this.#config = 'problems' in checked ? null : checked.config;
    this.hindrance = 'problems' in checked ? `its configuration: ${checked.problems.map(problemLine).join('; ')}` : null;
    if (this.#config) this.#settings = await this.#settingsOf(this.#config);
    this.hindrance ??= 'the tape does not begin with the start of its brain';
  }

  async #settingsOf(config: Config): Promise<Settings | null> {
    const customs = await loadCustoms({ config, file: resolve(this.#configFile) });
    if (customs.ok) return settingsOf(config, makeRuns(config, customs.value));
    this.#stop(customs.error.join('; '));
    return null;
  }

  #stop(why: string): void {
    this.hindrance = why;
    this.#state = null;
  }

  #begin(start: Start, atMs: number): void {
    if (!this.#settings) return;
    this.#state = initialState(this.#settings, rememberedOf(start, atMs));
    this.hindrance = null;
  }

  async #heard(heard: Heard): Promise<void> {
    if (!this.#state) return;
    if (heard.kind === 'config') return this.#edited(heard);
    const { symbol, clientId } = heard;
    if (heard.kind === 'told') {
      this.#update(symbol, (state) => ({ ...state, oms: answered(state.oms, { clientId, order: heard.order }) }));
      return;
    }
    this.#update(symbol, (state) => {
      const pending = state.pending.find(({ command }) => command.kind === heard.what && command.clientId === clientId);
      return pending ? settle(state, pending, heard.settled) : state;
    });
  }

  async #edited({ config, nowMs }: Extract<Heard, { kind: 'config' }>): Promise<void> {
    const settings = await this.#settingsOf(config);
    if (!settings || !this.#state) return;
    const before = { before: this.#settings?.runs ?? [], seats: this.#state.seats, nowMs };
    this.#state = withSettings(this.#state, { settings, ...carriedOver(before) });
    this.#settings = settings;
  }

  #documents(told: ToldTurn): void {
    const read = this.#reader.read(told);
    const { settings, state } = { settings: this.#settings, state: this.#state };
    this.#stepped = null;
    if (!settings || !state) {
      this.turns.skipped += 1;
      return;
    }
    const { brainEpoch } = read.documents.header;
    if (read.mayTrade && brainEpoch !== this.#ids.lease) this.#ids = { lease: brainEpoch, ids: new ClientIds(brainEpoch) };
    const turn: Turn = { ...read, nextId: (role) => this.#ids.ids.next(role) };
    this.#stepped = step(state, { settings, turn });
    this.#state = this.#stepped.state;
    for (const { symbol, commands } of this.#stepped.symbols) this.#sent(symbol, commands, turn.now);
  }

  /** As the brain does after its turn: what leaves is under way until it is answered. */
  #sent(symbol: string, commands: readonly Pending['command'][], now: MonoMs): void {
    const lease = this.#ids.lease;
    const sent = commands.map(
      (command): Pending => ({
        ...{ command, role: parseClientId(command.clientId)?.role ?? '', sentAt: monoMs(now), visibleFrom: null, lease },
      }),
    );
    if (sent.length > 0) this.#update(symbol, (state) => ({ ...state, pending: [...state.pending, ...sent] }));
  }

  #decision({ raw, name, atMs }: TapeRecord): void {
    if (!this.#stepped) return;
    const recorded = (JSON.parse(raw) as Decision).symbols;
    const replayed = JSON.parse(toldText(toldSteps(this.#stepped))) as readonly ToldStep[];
    this.#stepped = null;
    this.turns.run += 1;
    const [then, now] = [recorded.map(deedsText), replayed.map(deedsText)];
    const at = now.findIndex((text, n) => text !== then[n]);
    this.#hash.update(JSON.stringify(replayed));
    if (at < 0 && then.length === now.length) this.turns.equal += 1;
    else if (this.differing.length < DIFFERING_MAX)
      this.differing.push({
        ...{ atMs, snapshot: name, symbol: recorded[at]?.symbol ?? '', recorded: then[at] ?? 'nothing', replayed: now[at] ?? 'nothing' },
      });
    if (JSON.stringify(recorded) === JSON.stringify(replayed)) this.turns.reasonsEqual += 1;
  }

  #update(symbol: string, change: (state: BrainState['symbols'][string]) => BrainState['symbols'][string]): void {
    const before = this.#state?.symbols[symbol];
    if (this.#state && before) this.#state = { ...this.#state, symbols: { ...this.#state.symbols, [symbol]: change(before) } };
  }
}

/** What a `remembered` record tells, read at that time. */
export const rememberedOf = ({ exits, portfolio, risk, seats }: Start, atMs: number): Remembered => ({
  exits: (symbol) => exits[symbol] ?? NO_EXITS,
  portfolio: portfolio === null ? null : readPortfolio(portfolio),
  risk: risk === null ? null : fromMemory(readRisk(risk)),
  seat: (key, run) => {
    const saved = seats[key] ?? null;
    return saved && run.strategy.resume(saved, atMs);
  },
});

/** What leaves: not why. */
const deedsText = ({ commands = [], close, ask = [] }: ToldStep): string =>
  [...commands.map((one) => JSON.stringify(one)), ...(close === undefined ? [] : [`close ${close}`]), ...ask.map((id) => `ask ${id}`)].join(
    '; ',
  ) || 'nothing';
