import { expect, test } from 'vitest';
import { equityIn, type Held, unrealizedIn } from '../../../gateway/account/equity.ts';
import { FLAT } from '../../../gateway/account/position.ts';
import type { BalanceReport } from '../../../shared/events.ts';
import { type Atoms, lots, parseAtoms, wallMs, ZERO_ATOMS } from '../../../shared/units.ts';
import { instrument } from '../../kit/orders.ts';

const money = (text: string): Atoms => parseAtoms(text) ?? ZERO_ATOMS;
const mark = (markPrice: string) => ({ symbol: 'BTCUSDT', markPrice, indexPrice: markPrice, fundingRate: '0', nextFundingMs: wallMs(1) });
/** 0.010 bought at 60000: it cost 600. */
const long = (markPrice: string | null, quoteAsset = 'USDT'): Held => ({
  instrument: instrument({ quoteAsset }),
  holding: { ...FLAT, size: lots(10), cost: money('600') },
  mark: markPrice === null ? null : mark(markPrice),
});
const wallet = (asset: string, text: string): BalanceReport => ({
  kind: 'balance',
  asset,
  wallet: money(text),
  available: null,
  atMs: wallMs(1),
});
const balances = [wallet('USDT', '1000'), wallet('USDC', '50')];

test.each<[what: string, asset: string, held: readonly Held[], want: string | null]>([
  ['flat is the wallet', 'USDT', [], '1000'],
  ['a profit adds', 'USDT', [long('61000')], '1010'],
  ['a loss takes', 'USDT', [long('59000')], '990'],
  ['positions in another asset do not count', 'USDT', [long('61000', 'USDC')], '1000'],
  ['a mark that is not known makes it unknown', 'USDT', [long(null)], null],
  ['a mark of a contract that is flat is not needed', 'USDT', [{ ...long(null), holding: FLAT }], '1000'],
  ['a wallet that was not read makes it unknown', 'BNB', [], null],
])('equityIn(): %s', (_what, asset, held, want) => {
  expect(equityIn(asset, { balances, held })).toBe(want === null ? null : money(want));
});

test('unrealizedIn() sums the contracts of one asset', () => {
  expect(unrealizedIn('USDT', [long('61000'), long('60500'), long('99999', 'USDC')])).toBe(money('15'));
});
