/** The commands of `mm` that look back: fills, the life of one order, profit by day. */
import { InvalidArgumentError } from 'commander';
import { daysOf, fillsOf, type History, openHistory } from './history.ts';
import { fillsTable, lifeLines, netOf, pnlTable } from './history-screen.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

type Shown = { readonly config: string; readonly json: boolean };
export type FillsOptions = Shown & { readonly symbol?: string; readonly from?: number; readonly to?: number; readonly limit: number };
export type PnlOptions = Shown & { readonly symbol?: string; readonly days: number };

const EVER_MS = Number.MAX_SAFE_INTEGER;

export function showFills({ config, json, symbol, from = 0, to = EVER_MS, limit }: FillsOptions): Promise<ExitCode> {
  return looking(config, 'mm fills', async (history) => {
    const fills = await fillsOf(history, { symbol: symbol ?? null, fromMs: from, toMs: to, limit });
    print(...(json ? [JSON.stringify(fills.toReversed())] : fillsTable(fills)));
    return EXIT.done;
  });
}

export function showLife({ config, json }: Shown, clientId: string): Promise<ExitCode> {
  if (!/^\d{1,19}$/.test(clientId)) throw new Problem(EXIT.usage, [`${clientId}: a client id is up to 19 digits, as mm orders shows it`]);
  return looking(config, 'mm why', async (history) => {
    const life = await history.life(clientId);
    print(...(json ? [JSON.stringify(life)] : lifeLines(life)));
    return life.order === null && life.entries.length === 0 ? EXIT.failed : EXIT.done;
  });
}

export function showPnl({ config, json, symbol, days }: PnlOptions): Promise<ExitCode> {
  return looking(config, 'mm pnl', async (history) => {
    const found = await daysOf(history, { symbol: symbol ?? null, days });
    print(...(json ? [JSON.stringify(found.toReversed().map((day) => ({ ...day, net: netOf(day) })))] : pnlTable(found)));
    return EXIT.done;
  });
}

async function looking(config: string, name: string, look: (history: History) => Promise<ExitCode>): Promise<ExitCode> {
  await using history = await openHistory(configOf(config), name);
  if (history.file !== null) process.stderr.write(`${name}: no gateway answers: read from ${history.file}\n`);
  return await look(history);
}

/** For commander: a UTC day or time as milliseconds since the epoch. */
export const utcTime = (text: string): number => {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?)?$/.exec(text);
  const ms = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00'}Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('allowed is a UTC time such as 2026-11-30 or 2026-11-30T12:34:56.');
  return ms;
};
