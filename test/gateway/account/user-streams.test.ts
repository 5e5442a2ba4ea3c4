/** Real user-stream sequences drive the ledger to the positions, prices, profits and balances that are recorded in them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Keeper } from '../../../gateway/account/keeper.ts';
import { decodeUser } from '../../../gateway/venues/binance/decode.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import type { InstrumentSpec } from '../../../shared/instrument.ts';
import { atoms, formatAtoms, parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { instrument, ledger } from '../../kit/orders.ts';

type Line = { readonly case?: string; readonly event?: unknown; readonly raw_like?: unknown };
type Told = { readonly name: string; readonly events: readonly AccountEvent[] };

const readLines = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** A ledger of one symbol, flat and known, with what keeps it. */
function openKeeper(over: Partial<InstrumentSpec>) {
  const one = instrument(over);
  const clock = new VirtualClock();
  const book = ledger({ instruments: [one] });
  const keeper = new Keeper({ ledger: book, write: () => true, clock, notice: () => undefined });
  keeper.setKnown(true);
  const instruments = new Map([[one.symbol, one]]);
  const tell = ({ event, raw_like: raw = event, case: name = '' }: Line): Told => {
    const decoded = decodeUser(JSON.stringify(raw), instruments);
    if (!('events' in decoded)) throw new Error(`Cannot read an event of ${name}: ${JSON.stringify(decoded)}`);
    for (const each of decoded.events) {
      clock.advance(1);
      keeper.handle(each);
    }
    return { name, events: decoded.events };
  };
  return { keeper, clock, symbol: one.symbol, tell };
}

/** What the wallet must have changed by, from fills and funding alone. */
function earned({ keeper, symbol }: ReturnType<typeof openKeeper>, asset: string) {
  const { realized, fees, funding } = keeper.ledger.positions.row(symbol);
  return atoms(realized - (fees[asset] ?? ZERO_ATOMS) + funding);
}

/** After each fill both words of it are in; the positions that were told agree with the ledger, and so does the money. */
function drive(opened: ReturnType<typeof openKeeper>, { lines, asset }: { readonly lines: readonly Line[]; readonly asset: string }) {
  const { keeper, symbol, clock } = opened;
  let [wallet, offset] = ['', null as bigint | null];
  const settled: string[] = [];
  for (const line of lines) {
    const { events } = opened.tell(line);
    const balance = events.find((event) => event.kind === 'balance');
    if (balance?.kind === 'balance') wallet = formatAtoms(balance.wallet);
    const last = events.at(-1);
    if (last?.kind !== 'order' || (last.state !== 'filled' && last.state !== 'partially-filled')) continue;
    clock.advance(10_000);
    const { positions } = keeper.ledger;
    expect(positions.difference(symbol), `${line.case}`).toBeNull();
    const { entryPrice, ownEntryPrice } = positions.account(symbol);
    if (entryPrice !== null) expect(Number(ownEntryPrice)).toBeCloseTo(Number(entryPrice), 3);
    const before = atoms((parseAtoms(wallet) ?? ZERO_ATOMS) - earned(opened, asset));
    offset ??= before;
    settled.push(`${positions.row(symbol).size} ${formatAtoms(atoms(before - offset))}`);
  }
  return settled;
}

const ROUND_TRIP = recorded('userdata/binance-usdm_BTCUSDT_2024-11-18_open-close.jsonl');
test.runIf(ROUND_TRIP !== null)('a round trip of BTCUSDT: the wallet moves by profit less fees, to the last digit', () => {
  const opened = openKeeper({});
  const sizes = drive(opened, { lines: readLines(ROUND_TRIP ?? ''), asset: 'USDT' });
  expect(sizes).toEqual(['2 0', '0 0']);
  expect(opened.keeper.ledger.positions.row('BTCUSDT')).toMatchObject({ fills: 2, realized: parseAtoms('-1.7734') });
});

const FIVE = recorded('userdata/binance-usdm_BNBUSDT_2022-03_examples1-5.jsonl');
describe.runIf(FIVE !== null)('five sequences of BNBUSDT', () => {
  const lines = FIVE === null ? [] : readLines(FIVE);
  /** Lots held after each fill, and by how much the wallet is off from there on. */
  test.each([
    [1, ['2 0', '4 0', '100 0', '71 0', '0 0']],
    [2, ['100 0', '20 0', '0 0']],
    [3, ['100 0', '0 -0.0813']], // its last fill was recorded without its commission: unknown, not zero
    [4, ['66 0', '100 0', '0 0']],
    [5, ['4 0', '-4 0']],
  ])('sequence %i: positions, entry prices and wallet as recorded', (n, wanted) => {
    const opened = openKeeper({
      symbol: 'BNBUSDT',
      baseAsset: 'BNB',
      tickSize: '0.01',
      stepSize: '0.01',
      minQty: '0.01',
      minNotional: '5',
    });
    const told = lines.filter((line) => line.case?.startsWith(`exemple-${n}-`));
    expect(drive(opened, { lines: told, asset: 'USDT' })).toEqual(wanted);
    expect(opened.keeper.ledger.fills.feeless('BNBUSDT')).toBe(n === 3 ? 1 : 0);
  });
});

const USDC = recorded('userdata/binance-usdcm_ETHUSDC_2026-04-21.jsonl');
test.runIf(USDC !== null)('moments of ETHUSDC: deposit, withdrawal, funding, an amend, and a fill without a fee', () => {
  const opened = openKeeper({ symbol: 'ETHUSDC', baseAsset: 'ETH', quoteAsset: 'USDC', tickSize: '0.01', stepSize: '0.001' });
  const wallets = readLines(USDC ?? '').flatMap((line) => {
    const { events } = opened.tell(line);
    return events.flatMap((event) => (event.kind === 'balance' ? [formatAtoms(event.wallet)] : []));
  });
  expect(wallets).toEqual(['48.84650063', '38.84650063', '38.17806885', '37.87866827']);
  expect(opened.keeper.balances).toMatchObject([{ asset: 'USDC', wallet: parseAtoms('37.87866827') }]);
  expect(opened.keeper.ledger.positions.row('ETHUSDC')).toMatchObject({ size: 20, fills: 1, fees: { USDC: 0n } });
  expect(opened.keeper.ledger.positions.account('ETHUSDC')).toMatchObject({ entryPrice: '2317.3', ownEntryPrice: '2317.3' });
});
