/**
 * The configuration that is in force in a process that runs, and the file's as it was last read: an edit that is good is taken over as far as
 * it may be, one that is not changes nothing. Limits are loosened by a person's confirmation only; until then the tighter of both holds. Pure.
 */
import * as z from 'zod';
import { barsRead, checkConfig, type Config, problemLine } from './config.ts';
import { type ConfigChange, diffConfigs, mergeLive, tighterLimits, withPlainLimits } from './config-change.ts';
import type { Limits } from './limits.ts';
import { err, ok, type Result } from './result.ts';

export type LiveConfig = {
  /** With which the process was started: what the gateway gathers goes by it. */
  readonly started: Config;
  /** In force. */
  readonly running: Config;
  /** The file's, as it was last read and found good. */
  readonly wanted: Config;
  /** Why the newest edit was refused, one line for each mistake; nothing when it was not. */
  readonly refused: readonly string[];
};

const LINES_MAX = 10;
const LINE_MAX = 300;
const lines = z.array(z.string().max(LINE_MAX)).max(LINES_MAX);
/** What is to be told of the configuration while processes run; each line is a change, or a mistake with its place in the file. */
export const ConfigState = z.strictObject({
  refused: lines.describe('why the newest edit changed nothing'),
  waiting: lines.describe('limits that the file has loosened: until a person confirms them the tighter ones hold'),
  restart: lines.describe('values that the file has changed and that a restart brings into force'),
});
export type ConfigState = Readonly<z.infer<typeof ConfigState>>;

/** Mistakes that only one of two processes found in an edit: it goes on as before, while the other has taken the edit. */
export const refusedAlone = (one: ConfigState | undefined, other: ConfigState | undefined): readonly string[] =>
  (one?.refused ?? []).filter((line) => !(other?.refused ?? []).includes(line));

/** One line of the audit: what was changed when, and which own orders it moved. */
export const ConfigAudit = z.strictObject({
  atMs: z.number(),
  by: z.enum(['file', 'person']),
  changes: lines,
  orders: lines,
});
export type ConfigAudit = Readonly<z.infer<typeof ConfigAudit>>;

export const beginLive = (config: Config): LiveConfig => ({ started: config, running: config, wanted: config, refused: [] });

/** The running one with everything of the wanted one that may take effect; limits no looser than `ceiling`. Refused where both do not fit together. */
function combined({ started, running, wanted }: Omit<LiveConfig, 'refused'>, ceiling: Limits | null): Result<Config, readonly string[]> {
  const base = ceiling === null ? running : { ...running, limits: ceiling };
  const merged = mergeLive({ running: base, wanted, confirmed: ceiling === null });
  const checked = checkConfig(JSON.parse(JSON.stringify(merged)));
  if ('config' in checked) {
    const missing = barsMissing(started, checked.config);
    return missing.length === 0 ? ok(checked.config) : err(missing);
  }
  const why = 'as long as nothing is restarted, since it does not fit what only a restart changes';
  return err(checked.problems.map((problem) => `${problemLine(problem)} ${why}`));
}

/** Averages over more bars than are gathered would never warm up. */
function barsMissing(started: Config, after: Config): readonly string[] {
  const gathered = barsRead(started);
  return [...barsRead(after)].flatMap(([interval, period]) => {
    const most = gathered.get(interval) ?? 0;
    if (period <= most) return [];
    return [
      `strategy.macdTrend: an average over ${period} bars of ${interval}: allowed is at most ${most} as long as nothing is restarted`,
    ];
  });
}

/** The file was read again. `ceiling`: what limits may not pass. */
export function afterEdit(
  live: LiveConfig,
  { loaded, ceiling }: { readonly loaded: Result<Config, readonly string[]>; readonly ceiling: Limits },
): LiveConfig {
  if (!loaded.ok) return { ...live, refused: loaded.error };
  const running = combined({ ...live, wanted: loaded.value }, ceiling);
  return running.ok ? { ...live, running: running.value, wanted: loaded.value, refused: [] } : { ...live, refused: running.error };
}

/** What may not be passed is another now: the file stays as it was read. Where both do not fit together, limits are the tighter of both. */
export const afterCeiling = (live: LiveConfig, ceiling: Limits): LiveConfig => {
  const running = combined(live, ceiling);
  if (running.ok) return { ...live, running: running.value };
  const limits = tighterLimits({ ...live.running, limits: ceiling }, live.running);
  return { ...live, running: { ...live.running, limits } };
};

/** A person has confirmed what the file has loosened. */
export function afterConfirmation(live: LiveConfig): LiveConfig {
  const running = combined(live, null);
  return running.ok ? { ...live, running: running.value } : live;
}

/** What is in force in the second and was not in the first. */
export function changesOf(before: Config, after: Config): readonly ConfigChange[] {
  const symbols = [...new Set([...before.symbols, ...after.symbols])];
  return diffConfigs(withPlainLimits(before, symbols), withPlainLimits(after, symbols));
}

export function stateOf({ running, wanted, refused }: LiveConfig): ConfigState {
  const left = changesOf(running, { ...wanted, symbols: running.symbols });
  const restart = diffConfigs(running, wanted).filter(({ apply }) => apply === 'restart');
  return { refused: told(refused), waiting: linesOf(left.filter(({ apply }) => apply === 'confirm')), restart: linesOf(restart) };
}

export const hasNothing = ({ refused, waiting, restart }: ConfigState): boolean => refused.length + waiting.length + restart.length === 0;

/** Bounded, with the number of those left out. */
export const linesOf = (changes: readonly ConfigChange[]): string[] =>
  told(changes.map(({ path, from, to }) => `${path}: ${from} -> ${to}`));

/** The same for texts of any kind. */
export function told(texts: readonly string[]): string[] {
  const cut = texts.map((text) => (text.length <= LINE_MAX ? text : `${text.slice(0, LINE_MAX - 1)}…`));
  return cut.length <= LINES_MAX ? cut : [...cut.slice(0, LINES_MAX - 1), `and ${cut.length - LINES_MAX + 1} more`];
}
