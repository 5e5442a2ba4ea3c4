/** The paper account as its file tells it: read by itself, without the gateway that keeps it and without taking part in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { accountHash, PAPER_CREDENTIALS } from '../../shared/config.ts';
import { readRow } from '../../shared/sim/io/row-text.ts';
import type { SavedAccount } from '../../shared/sim/saved.ts';
import { PAPER_STATE_FILE } from '../../shared/socket-path.ts';
import { type Atoms, atoms, formatAtoms, formatSteps, parseAtoms, trimDecimal } from '../../shared/units.ts';

export type PaperPosition = {
  readonly symbol: string;
  /** Signed, base units. */
  readonly size: string;
  readonly entryPrice: string;
  /** As last told before the file was written; null when none was. */
  readonly markPrice: string | null;
  readonly unrealized: string | null;
};
export type PaperAccount = {
  readonly wallets: readonly { readonly asset: string; readonly wallet: string }[];
  /** Those that are not flat. */
  readonly positions: readonly PaperPosition[];
  readonly openOrders: readonly { readonly symbol: string }[];
};

type Moment = { readonly more?: { readonly markets: Readonly<Record<string, { readonly mark: Atoms }>> } };
type Identity = { readonly steps: readonly string[] };

export const paperStateFile = (runDir: string): string => join(runDir, `paper-${accountHash(PAPER_CREDENTIALS.apiKey)}`, PAPER_STATE_FILE);

/** Null when no gateway has made the account yet. Throws when the file cannot be read. */
export function readPaperAccount(file: string): PaperAccount | null {
  if (!existsSync(file)) return null;
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const document = <T>(name: string): T | null => {
      const found = db.prepare('SELECT text FROM documents WHERE name = ?').get(name);
      return found ? readRow<T>(String(found['text'])) : null;
    };
    const account = document<readonly SavedAccount[]>('accounts')?.[0];
    if (!account) return null;
    const steps = new Map((document<Identity>('identity')?.steps ?? []).map((line) => stepOf(line)));
    const marks = document<Moment>('moment')?.more?.markets ?? {};
    const open = db.prepare('SELECT row FROM orders WHERE open = 1').all();
    return {
      wallets: account.wallets.map(({ asset, balance }) => ({ asset, wallet: formatAtoms(balance) })),
      positions: account.holdings
        .filter(({ position }) => position.size !== 0)
        .map((holding) => positionOf(holding, { step: steps.get(holding.symbol) ?? null, mark: marks[holding.symbol]?.mark ?? null })),
      openOrders: open.map((found) => ({ symbol: readRow<{ symbol: string }>(String(found['row'])).symbol })),
    };
  } finally {
    db.close();
  }
}

/** A line of the file's identity: symbol, tick, step. */
function stepOf(line: string): readonly [string, string] {
  const [symbol = '', , step = ''] = line.split(' ');
  return [symbol, step];
}

type At = { readonly step: string | null; readonly mark: Atoms | null };

function positionOf({ symbol, position }: SavedAccount['holdings'][number], { step, mark }: At): PaperPosition {
  if (step === null) throw new Error(`Cannot read the position of ${symbol}: the account's file does not tell its step`);
  const size = formatSteps({ count: position.size, step });
  const units = (parseAtoms(size) ?? 0n) as bigint;
  const magnitude = units < 0n ? -units : units;
  const entry = atoms((position.cost * 100_000_000n) / magnitude);
  const value = mark === null ? null : (mark * units) / 100_000_000n;
  const unrealized = value === null ? null : atoms(units > 0n ? value - position.cost : value + position.cost);
  return {
    symbol,
    size: trimDecimal(size),
    entryPrice: formatAtoms(entry),
    markPrice: mark === null ? null : formatAtoms(mark),
    unrealized: unrealized === null ? null : formatAtoms(unrealized),
  };
}
