/** The cash book, brackets, fees and other figures of an account (Binance USD-M docs, account; reference sheet 2026-11, section 3.3). */
import { atoms, formatAtoms } from '../../units.ts';
import type { MarginMove } from '../account.ts';
import { adlRank } from '../adl-rank.ts';
import { bracketsOf } from '../brackets.ts';
import { writeScaled } from '../decimal.ts';
import type { IncomeRow, IncomeType } from '../income.ts';
import { margins, type Of } from './position-json.ts';
import { positionSideWord } from './words.ts';

type Row = Record<string, unknown>;

const INCOME_WORDS: Readonly<Record<IncomeType, string>> = {
  realized: 'REALIZED_PNL',
  commission: 'COMMISSION',
  funding: 'FUNDING_FEE',
  transfer: 'TRANSFER',
  insurance: 'INSURANCE_CLEAR',
  'auto-exchange': 'AUTO_EXCHANGE',
};

export const incomeWord = (type: IncomeType): string => INCOME_WORDS[type];

export const incomeJson = ({ symbol, type, amount, asset, atMs, id, tradeId }: IncomeRow): Row => ({
  symbol: symbol ?? '',
  incomeType: incomeWord(type),
  income: writeScaled(amount, 8),
  asset,
  info: incomeWord(type),
  time: Math.floor(atMs),
  tranId: id,
  tradeId: tradeId === null ? '' : String(tradeId),
});

export const bracketJson = (symbol: string): Row => ({
  symbol,
  brackets: bracketsOf(symbol).map(({ number, leverage, floor, cap, maintenancePpm, deduction }) => ({
    bracket: number,
    initialLeverage: leverage,
    notionalCap: cap,
    notionalFloor: floor,
    maintMarginRatio: maintenancePpm / 1_000_000,
    cum: Number(formatAtoms(deduction)),
  })),
});

/** The whole book of an account is never ranked: each position stands by its own profit and leverage. */
export function adlQuantileJson(of: Of, symbol: string): Row {
  const sides = margins(of, symbol);
  const ranks = Object.fromEntries(sides.map((each) => [positionSideWord(each.side), adlRank(each)]));
  const hedge = of.trader.account.hedge ? { HEDGE: 0 } : {};
  return { symbol, adlQuantile: { ...ranks, ...hedge } };
}

export const marginMoveJson = ({ symbol, asset, side, amount, atMs }: MarginMove): Row => ({
  symbol,
  type: moveWord(amount),
  deltaType: 'USER_ADJUST',
  amount: formatAtoms(atoms(amount < 0n ? -amount : amount)),
  asset,
  time: Math.floor(atMs),
  positionSide: positionSideWord(side),
});

/** 1 adds margin to a position, 2 takes some away. */
export const moveWord = (amount: bigint): number => (amount < 0n ? 2 : 1);

export const ratesText = (ppm: bigint): string => formatAtoms(atoms(ppm * 100n));
