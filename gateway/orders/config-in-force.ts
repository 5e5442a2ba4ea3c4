/**
 * The configuration in force at the gateway. An edit of the file tightens limits at once; what it loosens waits for a person, also over a
 * death: the limits in force are on disk until the gateway ends in order, and a start by a person takes the file as it is. Sans-I/O.
 */
import * as z from 'zod';
import type { ConfigAnswer } from '../../shared/command.ts';
import type { Config } from '../../shared/config.ts';
import { limitsHash, tighterLimits, withPlainLimits } from '../../shared/config-change.ts';
import {
  afterCeiling,
  afterConfirmation,
  afterEdit,
  beginLive,
  changesOf,
  ConfigAudit,
  hasNothing,
  type LiveConfig,
  linesOf,
  type ConfigState,
  stateOf,
} from '../../shared/config-live.ts';
import { Limits } from '../../shared/limits.ts';
import type { Result } from '../../shared/result.ts';
import type { Header } from '../../shared/snapshot.ts';
import type { Notice } from '../account/keeper.ts';

/** What is kept on disk. `limits`: those in force while it runs; null once it has ended in order. */
const Saved = z.strictObject({ limits: Limits.nullable(), log: z.array(ConfigAudit) });
type Saved = Readonly<z.infer<typeof Saved>>;

export type ConfigInForceOptions = {
  readonly config: Config;
  /** As `save` was given it by an earlier life; null: there was none. */
  readonly saved: string | null;
  /** Limits in force in a beginning before of this process, which may have had no disk to keep them; null: there was none. */
  readonly ceiling: Limits | null;
  /** False: the disk does not take it now. */
  readonly save: (text: string) => boolean;
  readonly notice: Notice;
  readonly nowMs: () => number;
  /** Limits were changed: what rests is judged again. */
  readonly onLimits: () => void;
};

/** Changes kept. */
const LOG_MAX = 50;
/** Of them told by an answer, which is one message of the socket. */
const LOG_TOLD = 10;
const NOTHING_SAVED: Saved = { limits: null, log: [] };

export class ConfigInForce {
  readonly #options: ConfigInForceOptions;
  #live: LiveConfig;
  #log: readonly ConfigAudit[];
  #header: Pick<Header, 'limitsHash' | 'config'> = {};
  #unsaved = true;
  #ended = false;

  constructor(options: ConfigInForceOptions) {
    const { config, notice } = options;
    this.#options = options;
    const { limits, log } = readSaved(options);
    const begun = beginLive(config);
    const held = [limits, options.ceiling].filter((one) => one !== null);
    const tight = held.reduce((all, one) => tighterLimits({ ...config, limits: all }, { ...config, limits: one }), config.limits);
    this.#live = held.length === 0 ? begun : afterCeiling(begun, tight);
    this.#log = log;
    const { waiting } = this.#render();
    if (waiting.length > 0) notice({ level: 'warn', message: 'Looser limits of the file wait for confirmation', fields: { waiting } });
  }

  get running(): Config {
    return this.#live.running;
  }

  /** The file was read again. */
  edit(loaded: Result<Config, readonly string[]>): void {
    const { notice } = this.#options;
    const before = this.#live;
    this.#live = afterEdit(before, { loaded, ceiling: before.running.limits });
    const { refused, waiting, restart } = stateOf(this.#live);
    if (refused.length > 0)
      notice({ level: 'warn', message: 'Edit of the configuration refused: nothing is changed', fields: { refused } });
    this.#changed(before.running, 'file');
    if (refused.length === 0 && waiting.length + restart.length > 0)
      notice({ level: 'warn', message: 'Edit of the configuration is not wholly in force', fields: { waiting, restart } });
  }

  /** A person has seen the file's limits; why they do not come into force, or null. */
  confirm(hash: string): string | null {
    const wantedHash = this.#wantedHash();
    if (hash !== wantedHash) return `the file asks for other limits than those that were shown (${wantedHash}, not ${hash})`;
    const before = this.#live;
    this.#live = afterConfirmation(before);
    this.#changed(before.running, 'person');
    return null;
  }

  /** It has ended in order: whoever starts it next is a person, and takes the file as it is. */
  ended(): void {
    this.#ended = true;
    this.#unsaved = true;
    this.retry();
  }

  /** Writes what the disk has not taken yet. Called often. */
  retry(): void {
    if (!this.#unsaved) return;
    const saved: Saved = { limits: this.#ended ? null : this.#live.running.limits, log: [...this.#log] };
    this.#unsaved = !this.#options.save(JSON.stringify(saved));
  }

  header(): Pick<Header, 'limitsHash' | 'config'> {
    return this.#header;
  }

  answer(): ConfigAnswer {
    const { running } = this.#live;
    return {
      limits: withPlainLimits(running, running.symbols).limits,
      limitsHash: limitsHash(running),
      wantedHash: this.#wantedHash(),
      state: stateOf(this.#live),
      log: this.#log.slice(0, LOG_TOLD),
    };
  }

  #wantedHash(): string {
    const { running, wanted } = this.#live;
    return limitsHash({ ...wanted, symbols: running.symbols });
  }

  #changed(before: Config, by: ConfigAudit['by']): void {
    this.#render();
    const { notice, nowMs, onLimits } = this.#options;
    const all = changesOf(before, this.#live.running);
    if (all.length === 0) return;
    const changes = linesOf(all);
    notice({ level: 'info', message: 'Configuration changed', fields: { by, changes } });
    this.#log = [{ atMs: nowMs(), by, changes: [...changes], orders: [] }, ...this.#log].slice(0, LOG_MAX);
    this.#unsaved = true;
    this.retry();
    if (all.some(({ path }) => path.startsWith('limits'))) onLimits();
  }

  /** Once for each change: the header is made ten times a second. */
  #render(): ConfigState {
    const state = stateOf(this.#live);
    this.#header = { limitsHash: limitsHash(this.#live.running), ...(hasNothing(state) ? {} : { config: state }) };
    return state;
  }
}

/** What cannot be read is of another version: then the file holds. */
function readSaved({ saved, notice }: ConfigInForceOptions): Saved {
  if (saved === null) return NOTHING_SAVED;
  const parsed = Saved.safeParse(jsonOrNull(saved));
  if (parsed.success) return parsed.data;
  notice({ level: 'warn', message: 'Limits of the life before cannot be read: those of the file hold', fields: {} });
  return NOTHING_SAVED;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
