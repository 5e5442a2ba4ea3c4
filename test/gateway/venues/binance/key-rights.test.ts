import { expect, test } from 'vitest';
import { judgeKeyRights, KeyRights } from '../../../../gateway/venues/binance/key-rights.ts';

const FIT = { ipRestrict: true, enableWithdrawals: false, enableFutures: true };
const WITHDRAWS = /^The API key is refused: it may withdraw: switch off "Enable Withdrawals"/;
const NO_FUTURES = /^The API key is refused: it may not trade futures: switch on "Enable Futures"/;
const OPEN = /works from any address: give it a list of trusted addresses/;

test.each<[string, object, { readonly refused: RegExp } | { readonly warned: readonly RegExp[] }]>([
  ['a fit key', {}, { warned: [] }],
  ['withdrawals', { enableWithdrawals: true }, { refused: WITHDRAWS }],
  ['no futures', { enableFutures: false }, { refused: NO_FUTURES }],
  [
    'both at once, in one sentence',
    { enableWithdrawals: true, enableFutures: false },
    { refused: /may withdraw.*; it may not trade futures/ },
  ],
  ['no address list', { ipRestrict: false }, { warned: [OPEN] }],
  ['withdrawals from any address: refused, not warned', { ipRestrict: false, enableWithdrawals: true }, { refused: WITHDRAWS }],
  ['withdrawals not told', { enableWithdrawals: undefined }, { warned: [/whether it may withdraw is not told.*make sure yourself/] }],
  ['futures not told', { enableFutures: undefined }, { warned: [/whether it may trade futures is not told/] }],
  [
    'nothing told',
    { ipRestrict: undefined, enableWithdrawals: undefined, enableFutures: undefined },
    { warned: [/withdraw/, /futures/, OPEN] },
  ],
  ['the flag of an account', { canWithdraw: true }, { warned: [] }],
])('judgeKeyRights(): %s', (_name, over, expected) => {
  const judged = judgeKeyRights(KeyRights.parse({ ...FIT, enableReading: true, createTime: 1, ...over }));
  if ('refused' in expected) expect(judged).toEqual({ ok: false, error: expect.stringMatching(expected.refused) });
  else expect(judged).toEqual({ ok: true, value: expected.warned.map((line) => expect.stringMatching(line)) });
});
