import { expect, test } from 'vitest';
import { REASONS as FAMILY } from '../../brain/strategy/market-making/reasons.ts';
import { symbolReasons } from '../../gateway/orders/degraded.ts';
import { meaningOfCode } from '../../gateway/venues/binance/faults.ts';
import { REFUSALS } from '../../shared/command.ts';
import { explain, isAfterExit, labelOf, REASONS } from '../../shared/reasons.ts';
import { Mode } from '../../shared/snapshot.ts';

test.each([
  ['quoting', 'quoting', /both sides/],
  ['mode-blind', 'mode-blind', /gateway lets/],
  ['refused-budget', 'refused-budget', /refused/],
  ['held-self-cross', 'held-self-cross', /holds an order back/],
  ['rejected-insufficient-margin', 'rejected-insufficient-margin', /rejected/],
  ['rejected-by-the-moon', 'rejected-other', /rejected/],
  ['closing-stop-loss', 'closing-stop-loss', /hard exit/],
  ['closing-trailing-stop', 'closing-trailing-stop', /hard exit/],
  ['gave-up-long-late', 'gave-up-long-late', /next bar/],
  ['my-own-word', 'own', null],
  ['constructor', 'own', null],
] as const)('%s is counted as %s', (reason, label, sentence) => {
  expect([labelOf(reason), explain(reason)]).toEqual([label, sentence === null ? null : expect.stringMatching(sentence)]);
});

test('every refusal, every mode and every reason of the gateway is among them', () => {
  const state = {
    symbol: 'X',
    trading: false,
    halted: 'x',
    leverage: 9,
    leverageMax: 1,
    closing: true,
    rejections: true,
    stopMissing: true,
    foreignOrder: true,
    orderUnknown: true,
  };
  const told = (['stale', 'syncing'] as const).flatMap((bookStatus) => symbolReasons({ ...state, bookStatus }));
  const all = [
    ...told.map((reason) => reason.replace(':X', '')),
    ...REFUSALS.map((code) => `refused-${code}`),
    ...Mode.options.map((mode) => `mode-${mode}`),
  ];
  expect(all.filter((reason) => labelOf(reason) !== reason)).toEqual([]);
});

test('every reason of the market-making family is among them', () => {
  expect(FAMILY.filter((reason) => labelOf(reason) !== reason)).toEqual([]);
});

test('what a venue calls a rejected order is among them', () => {
  const codes = Array.from({ length: 7_000 }, (_, n) => meaningOfCode(-n - 1_000, 400)).filter(({ kind }) => kind === 'rejected');
  const orders = new Set(codes.map(({ reason }) => `rejected-${reason}`));
  const notOfOrders = ['listen-key-gone', 'mode-change-blocked', 'no-change', 'not-amendable', 'post-only-would-take', 'stop-exists'];
  expect([...orders].filter((reason) => labelOf(reason) === 'rejected-other').sort()).toEqual(
    notOfOrders.map((word) => `rejected-${word}`),
  );
});

test('each has a sentence of its own, without an end stop', () => {
  const sentences = Object.values(REASONS);
  expect([new Set(sentences).size, sentences.filter((sentence) => !/^[a-z].*[a-z]$/.test(sentence))]).toEqual([sentences.length, []]);
});

test.each([
  ['cooling-down', true],
  ['closing-take-profit', true],
  ['closing', false],
  ['quoting', false],
])('isAfterExit(%s) is %s', (reason, want) => {
  expect(isAfterExit(reason)).toBe(want);
});
