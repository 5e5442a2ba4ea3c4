/**
 * Puts each turn of the brain on a tape: what it had read, the clocks, what each run decided and why, what it sent; and what changed its state
 * in between. With what it remembered at its start that is enough to run every turn again.
 */
import { resolve } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { type Config, publicConfig } from '../../shared/config.ts';
import { TapeWriter } from '../../shared/io/tape-writer.ts';
import type { Log } from '../../shared/log.ts';
import { hideSecrets } from '../../shared/redact.ts';
import type { Stepped } from '../step.ts';
import { writePortfolio } from '../portfolio/row.ts';
import { writeRisk } from '../risk/row.ts';
import type { Run } from '../runs.ts';
import { toldSteps, toldText, TurnTeller } from '../told-turn.ts';
import type { Heard, Turn } from '../turn.ts';
import type { BrainStore } from './brain-store.ts';

const MB = 1_024 * 1_024;

export class BrainTape implements AsyncDisposable {
  readonly #teller = new TurnTeller();
  readonly #tape: TapeWriter;

  constructor({
    config,
    folder,
    clock,
    log,
  }: { readonly config: Config; readonly folder: string; readonly clock: Clock; readonly log: Log }) {
    const { venue, environment, symbols, record } = config;
    const shown = JSON.parse(hideSecrets(JSON.stringify(publicConfig(config)))) as unknown;
    this.#tape = new TapeWriter({
      ...{ folder, clock },
      head: { process: 'brain', venue, environment, symbols: [...symbols], epoch: null, config: shown },
      limits: { fileBytes: record.fileMb * MB, fileMs: record.fileMs, totalBytes: record.totalMb * MB },
      begin: () => this.#teller.forget(), // each file can be read from its beginning
      onFault: (fault) => (fault === null ? log.info('Tape is written again') : log.error({ fault }, 'Tape has a gap')),
    });
  }

  /** What the store holds when the brain starts, before its first turn changes it. */
  remembered(store: BrainStore, { symbols, runs }: { readonly symbols: readonly string[]; readonly runs: readonly Run[] }): void {
    const places = runs.filter(({ strategy }) => strategy.isResumable).flatMap((run) => run.seats.map(({ key }) => ({ key, run })));
    const told = {
      exits: Object.fromEntries(symbols.map((symbol) => [symbol, store.exits(symbol)])),
      portfolio: store.portfolio && writePortfolio(store.portfolio),
      risk: store.risk && writeRisk(store.risk),
      seats: Object.fromEntries(places.map(({ key, run }) => [key, store.seat(key, run.fingerprint)])),
    };
    this.#tape.write('remembered', '', toldText(told));
  }

  heard(heard: Heard): void {
    const told = heard.kind === 'config' ? { ...heard, config: publicConfig(heard.config) } : heard;
    this.#tape.write('settled', heard.kind, hideSecrets(toldText(told)));
  }

  turn(turn: Omit<Turn, 'nextId'>, stepped: Stepped): void {
    const { documents, now, nowMs, mayTrade, fills } = turn;
    const { epoch, seq, brainEpoch } = documents.header;
    const name = `${epoch}:${seq}`;
    const isTold = this.#tape.write('documents', name, () => toldText(this.#teller.tell(turn)));
    if (!isTold) this.#teller.forget(); // what lasts and was dropped with it is told with the next
    const rests = { epoch, seq, brainEpoch, now, nowMs, seenAt: documents.seenAt, mayTrade, fills: fills.map(({ n }) => n) };
    this.#tape.write('decision', name, toldText({ ...rests, symbols: toldSteps(stepped) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tape[Symbol.asyncDispose]();
  }
}

/** In the folder of the account, beside the gateway's; null: nothing is recorded. */
export const openBrainTape = (
  config: Config,
  parts: { readonly accountDir: string; readonly clock: Clock; readonly log: Log },
): BrainTape | null =>
  config.record.on ? new BrainTape({ ...parts, config, folder: resolve(parts.accountDir, config.record.folder) }) : null;
