/**
 * The configuration in force at the brain. An edit of the file is checked, its strategies are loaded, what it would do to the own orders is
 * told, and it comes into force between two turns. Limits are never looser than those in force at the gateway, which a person confirms there.
 */
import { ConfigAnswer } from '../../shared/command.ts';
import { type Config, configHash } from '../../shared/config.ts';
import { limitsHash } from '../../shared/config-change.ts';
import type { Loaded } from '../../shared/config-file.ts';
import {
  afterCeiling,
  afterEdit,
  beginLive,
  changesOf,
  type ConfigAudit,
  type LiveConfig,
  linesOf,
  stateOf,
  told,
} from '../../shared/config-live.ts';
import { stable } from '../../shared/json.ts';
import type { Limits } from '../../shared/limits.ts';
import { type Log, setLogLevel } from '../../shared/log.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { Run } from '../runs.ts';
import { settingsOf } from '../settings.ts';
import type { Settings } from '../step.ts';
import { faultText } from '../strategy/fault.ts';
import type { BrainStore } from './brain-store.ts';

/** Strategies of a configuration, those of persons loaded and tried; lines for a person where one is no good. */
export type Prepare = (config: Config) => Promise<Result<readonly Run[], readonly string[]>>;
export type ReloadOptions = {
  readonly config: Config;
  readonly runs: readonly Run[];
  readonly prepare: Prepare;
  readonly store: BrainStore;
  readonly log: Log;
  readonly wallMs: () => number;
  /** What the settings would do to the own orders now, one line for each. */
  readonly preview: (settings: Settings) => readonly string[];
  /** Answer of the gateway to `query config`; null: there was none. */
  readonly ask: () => Promise<unknown>;
};
/** Settings that come into force at the next turn. */
export type Next = { readonly settings: Settings; readonly config: Config; readonly audit: ConfigAudit };

export class Reload {
  readonly #options: ReloadOptions;
  #live: LiveConfig;
  #runs: readonly Run[];
  /** Limits in force at the gateway, as it last told; its own until then. */
  #ceiling: Limits;
  #askedFor: string | null = null;
  #next: Next | null = null;
  #log: readonly ConfigAudit[];
  #doc: BrainDoc['config'];
  /** One edit after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#live = beginLive(options.config);
    this.#runs = options.runs;
    this.#ceiling = options.config.limits;
    this.#log = options.store.configLog();
    this.#doc = this.#render();
  }

  /** Why the newest edit changed nothing, and what waits; for the brain's document. */
  get doc(): BrainDoc['config'] {
    return this.#doc;
  }

  /** What is to come into force now; each once. */
  take(): Next | null {
    const next = this.#next;
    this.#next = null;
    if (next === null) return null;
    this.#log = [next.audit, ...this.#log].slice(0, 10);
    this.#options.store.addConfigAudit(next.audit);
    this.#options.log.info({ ...next.audit }, 'Configuration changed');
    this.#doc = this.#render();
    return next;
  }

  /** The file was read again; resolves when that is worked off. */
  edit(loaded: Result<Loaded, readonly string[]>): Promise<void> {
    const config: Result<Config, readonly string[]> = loaded.ok ? ok(loaded.value.config) : loaded;
    return this.#then((live) => afterEdit(live, { loaded: config, ceiling: this.#ceiling }));
  }

  /** The gateway may have other limits in force than it last told: it is asked once for each. */
  seen(hash: string | undefined): void {
    if (hash === undefined || hash === this.#askedFor) return;
    this.#askedFor = hash;
    void this.#askLimits();
  }

  /** At the beginning of a lease, before anything is sent. */
  async begin(): Promise<void> {
    this.#askedFor = null;
    await this.#askLimits();
  }

  async #askLimits(): Promise<void> {
    const answer = ConfigAnswer.safeParse(await this.#options.ask());
    if (!answer.success) {
      this.#askedFor = null; // asked again at the next snapshot
      return;
    }
    this.#askedFor = answer.data.limitsHash;
    this.#ceiling = answer.data.limits;
    await this.#then((live) => afterCeiling(live, this.#ceiling));
  }

  #then(change: (live: LiveConfig) => LiveConfig): Promise<void> {
    this.#work = this.#work.then(() => this.#attempt(change));
    return this.#work;
  }

  /** One that throws changes nothing, is told like one that is refused, and does not stand in the way of the next. */
  async #attempt(change: (live: LiveConfig) => LiveConfig): Promise<void> {
    const [live, runs] = [this.#live, this.#runs];
    try {
      await this.#change(change);
    } catch (error) {
      const problem = `cannot be taken: ${faultText(error)}`;
      [this.#live, this.#runs] = [{ ...live, refused: [problem] }, runs];
      this.#options.log.error({ problem }, 'Edit of the configuration failed: nothing is changed');
      this.#doc = this.#render();
    }
  }

  async #change(change: (live: LiveConfig) => LiveConfig): Promise<void> {
    const { log } = this.#options;
    const [before, after] = [this.#live, change(this.#live)];
    const runs = await this.#runsOf(before.running, after.running);
    this.#live = runs.ok ? after : { ...before, refused: runs.error };
    this.#doc = this.#render();
    const { refused, waiting, restart } = stateOf(this.#live);
    if (refused.length > 0 && this.#live.refused !== before.refused)
      log.warn({ refused }, 'Edit of the configuration refused: nothing is changed');
    if (!runs.ok) return;
    this.#runs = runs.value;
    setLogLevel(log, this.#live.running.log.level);
    this.#show({ before: before.running, after: after.running, runs: runs.value });
    if (after.wanted !== before.wanted && waiting.length + restart.length > 0)
      log.warn({ waiting, restart }, 'Edit of the configuration is not wholly in force');
  }

  /** Strategies are made anew only where something of them has changed: limits do not wait for files of persons. */
  async #runsOf(before: Config, after: Config): ReturnType<Prepare> {
    return stable(before.strategy) === stable(after.strategy) ? ok(this.#runs) : await this.#options.prepare(after);
  }

  #show({ before, after, runs }: { readonly before: Config; readonly after: Config; readonly runs: readonly Run[] }): void {
    const { preview, log, wallMs } = this.#options;
    const changes = linesOf(changesOf(before, after));
    if (changes.length === 0) return;
    const settings = settingsOf(after, runs);
    const orders = told(preview(settings));
    const all = told([...(this.#next?.audit.changes ?? []), ...changes]); // two edits before one turn
    log.info({ changes, orders }, 'Configuration edited: what would change at the next turn');
    this.#next = { settings, config: after, audit: { atMs: wallMs(), by: 'file', changes: all, orders } };
  }

  #render(): BrainDoc['config'] {
    const { running } = this.#live;
    return {
      configHash: configHash(running),
      limitsHash: limitsHash(running),
      state: stateOf(this.#live),
      log: [...this.#log].slice(0, 5),
    };
  }
}
