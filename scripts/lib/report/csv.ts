/**
 * Trades as files: all columns for a spreadsheet, and what tax tools read. Of futures those take what was earned, lost and paid, not the
 * contracts: one row in the quote asset for each realized profit or loss, fee and funding payment. Columns as Koinly's universal template
 * (https://support.koinly.io/en/articles/9489976), which the other tools import as well. Pure.
 */
import { compareDecimals } from '../../../shared/units.ts';
import type { BacktestResult, FillRow } from '../backtest/result.ts';

const FILL_COLUMNS: readonly (keyof FillRow)[] = [
  'symbol',
  'side',
  'price',
  'size',
  'maker',
  'fee',
  'feeAsset',
  'realized',
  'position',
  'mid',
  'strategy',
  'reason',
  'clientId',
];
const TAX_COLUMNS = [
  'Date',
  'Sent Amount',
  'Sent Currency',
  'Received Amount',
  'Received Currency',
  'Fee Amount',
  'Fee Currency',
  'Net Worth Amount',
  'Net Worth Currency',
  'Label',
  'Description',
  'TxHash',
];

/** One line a fill; `time` is ISO 8601 in UTC with milliseconds. */
export const fillsCsv = ({ fills }: Pick<BacktestResult, 'fills'>): string =>
  csv(
    ['time', ...FILL_COLUMNS],
    fills.map((fill) => [new Date(fill.atMs).toISOString(), ...FILL_COLUMNS.map((name) => String(fill[name] ?? ''))]),
  );

type Movement = {
  readonly atMs: number;
  readonly amount: string;
  readonly asset: string;
  readonly label: string;
  readonly about: string;
  readonly id: string;
};

/** In time order; rows of nothing are left out. */
export function taxCsv({
  fills,
  funding,
  liquidations,
  symbols,
}: Pick<BacktestResult, 'fills' | 'funding' | 'liquidations' | 'symbols'>): string {
  const quote = new Map(symbols.map(({ symbol, quoteAsset }) => [symbol, quoteAsset]));
  const asset = (symbol: string): string => quote.get(symbol) ?? '';
  const movements: readonly Movement[] = [
    ...fills.flatMap((fill) => [
      { ...about(fill), amount: fill.realized, asset: asset(fill.symbol), label: 'realized gain' },
      { ...about(fill), amount: fill.fee, asset: fill.feeAsset, label: 'margin fee' },
    ]),
    ...funding.map(({ atMs, symbol, amount }) => ({
      atMs,
      amount,
      asset: asset(symbol),
      label: 'margin fee',
      about: `funding ${symbol}`,
      id: '',
    })),
    ...liquidations.map(({ atMs, symbol, insurance }) => ({
      atMs,
      amount: insurance,
      asset: asset(symbol),
      label: 'margin fee',
      about: `insurance ${symbol}`,
      id: '',
    })),
  ];
  const moved = movements.filter(({ amount }) => compareDecimals(amount, '0') !== 0).sort((a, b) => a.atMs - b.atMs);
  return csv(TAX_COLUMNS, moved.map(taxRow));
}

const about = ({ atMs, symbol, side, size, price, clientId }: FillRow): Pick<Movement, 'atMs' | 'about' | 'id'> => ({
  atMs,
  about: `${side} ${size} ${symbol} at ${price}`,
  id: clientId,
});

function taxRow({ atMs, amount, asset, label, about: description, id }: Movement): readonly string[] {
  const date = `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const lost = amount.startsWith('-');
  const sides = lost ? [amount.slice(1), asset, '', ''] : ['', '', amount, asset];
  return [date, ...sides, '', '', '', '', label, description, id];
}

const csv = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  `${[columns, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;

/** Quoted where a reader needs it; a text that a spreadsheet would take for a formula is made harmless, numbers are left. */
function cell(text: string): string {
  const safe = /^[=@\t\r]/.test(text) || (/^[+-]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
