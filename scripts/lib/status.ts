/** `mm status`: one screen of live state from Redis; with `--watch` drawn again in its place until q. */
import { styleText } from 'node:util';
import type { Loaded } from '../../shared/config-file.ts';
import { coloured, fitted } from './fit.ts';
import { liveScreen } from './live-screen.ts';
import { notRunning } from './operator.ts';
import { type OpenRedis, openRedis } from './redis.ts';
import { type Paint, statusScreen } from './screen.ts';
import { readState, type State } from './state.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

export type StatusOptions = { readonly config: string; readonly json: boolean; readonly watch: boolean; readonly interval: number };

const TONES = { good: 'green', bad: 'red', dim: 'dim' } as const;
/** Only where a terminal reads, and unless NO_COLOR asks for none. */
export const paint: Paint = (word, tone) => styleText(TONES[tone], word, { stream: process.stdout });

export async function showStatus(options: StatusOptions): Promise<ExitCode> {
  const loaded = configOf(options.config);
  if (options.watch && !options.json && process.stdout.isTTY && process.stdin.isTTY) return await watch(loaded, options);
  using open = await openRedis(loaded);
  const state = await readState(open.redis, loaded.config);
  print(...(options.json ? [JSON.stringify(state)] : fitted(linesOf(state, loaded))));
  if (state.header === null) throw silent(loaded);
  return EXIT.done;
}

/** Redis answers, but nobody writes the snapshot. */
export const silent = (loaded: Loaded): Problem => notRunning(`No gateway writes ${loaded.config.redis.prefix}:seq to this Redis`, loaded);

const linesOf = (state: State, { config }: Loaded): readonly string[] =>
  statusScreen({ state, paint, prefix: config.redis.prefix }).map((line) => coloured(line, paint));

/** A Redis that goes away is told on the screen, and asked again. */
async function watch(loaded: Loaded, { interval }: StatusOptions): Promise<ExitCode> {
  let open: OpenRedis | null = await openRedis(loaded);
  const lines = async (): Promise<readonly string[]> => {
    try {
      open ??= await openRedis(loaded);
      return linesOf(await readState(open.redis, loaded.config), loaded);
    } catch (error) {
      open?.[Symbol.dispose]();
      open = null;
      const why = error instanceof Problem ? error.lines : [`Redis went away: ${error instanceof Error ? error.message : String(error)}`];
      return [...why, '', 'nothing is known until it answers; asking again'].map((line) => coloured(line, paint));
    }
  };
  try {
    await liveScreen({ terminal: { input: process.stdin, output: process.stdout }, intervalMs: interval, lines });
  } finally {
    open?.[Symbol.dispose]();
  }
  return EXIT.done;
}
