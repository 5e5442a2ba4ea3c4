/** Puts each turn of the brain on a tape: on which snapshot it rested, the clocks it read, what each run decided and why, what it sent. */
import { resolve } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { type Config, publicConfig } from '../../shared/config.ts';
import { TapeWriter } from '../../shared/io/tape-writer.ts';
import type { Log } from '../../shared/log.ts';
import { hideSecrets } from '../../shared/redact.ts';
import type { Stepped } from '../step.ts';
import type { Turn } from '../turn.ts';

const MB = 1_024 * 1_024;

export class BrainTape implements AsyncDisposable {
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
      onFault: (fault) => (fault === null ? log.info('Tape is written again') : log.error({ fault }, 'Tape has a gap')),
    });
  }

  turn({ documents, now, nowMs, mayTrade, fills }: Omit<Turn, 'nextId'>, { symbols }: Stepped): void {
    const { epoch, seq, brainEpoch } = documents.header;
    const rests = { epoch, seq, brainEpoch, now, nowMs, seenAt: documents.seenAt, mayTrade, fills: fills.map(({ n }) => n) };
    const told = symbols.map(({ symbol, commands, close, ask, outcomes }) => ({
      symbol,
      outcomes: outcomes.map(({ run, reason, detail, signals }) => ({ run, reason, detail, signals })),
      ...(commands.length > 0 && { commands }),
      ...(close !== null && { close }),
      ...(ask.length > 0 && { ask }),
    }));
    this.#tape.write('decision', `${epoch}:${seq}`, JSON.stringify({ ...rests, symbols: told }, plain));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tape[Symbol.asyncDispose]();
  }
}

/** Whole numbers beyond 2^53 as text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** In the folder of the account, beside the gateway's; null: nothing is recorded. */
export const openBrainTape = (
  config: Config,
  parts: { readonly accountDir: string; readonly clock: Clock; readonly log: Log },
): BrainTape | null =>
  config.record.on ? new BrainTape({ ...parts, config, folder: resolve(parts.accountDir, config.record.folder) }) : null;
