/** Shadows as lines for a terminal of 80 columns: what other parameters would have done beside the run that trades. Pure. */
import { explain } from '../../shared/reasons.ts';
import type { BrainDoc, ShadowDoc } from '../../shared/brain-doc.ts';
import { trimDecimal } from '../../shared/units.ts';
import { ageText, labelled } from './table.ts';

const shown = (money: string | null): string => (money === null ? 'unknown' : trimDecimal(money));

/** One row of `mm status` for all of them; nothing where there is none. */
export const shadowStatus = ({ shadow = [] }: BrainDoc): readonly string[] =>
  shadow.length === 0
    ? []
    : labelled(
        'shadow',
        shadow.map((one) => `${one.shadow} ${one.symbol} ${one.reason} net ${shown(one.net)} (${one.run} ${shown(one.liveNet)})`),
      );

type Telling = {
  /** What its numbers are called. */
  readonly namesAndValues: (values: ShadowDoc['signals']) => readonly string[];
  readonly wrapped: (sentence: string) => readonly string[];
  /** Of the newest snapshot, venue time. */
  readonly nowMs: number;
};

/** A block of `mm why`. */
export function shadowBlock(one: ShadowDoc, { namesAndValues, wrapped, nowMs }: Telling): readonly string[] {
  const { shadow, run, symbol, reason, detail, quotes, signals, position, entryPrice, failure } = one;
  const sentence = explain(reason);
  const wants = quotes.map(({ side, price, size }) => `${side} ${trimDecimal(size)} at ${price}`);
  const told = namesAndValues(signals);
  const age = one.sinceMs > 0 && nowMs > one.sinceMs ? ` in ${ageText(nowMs - one.sinceMs)}` : '';
  return [
    ...labelled(symbol, [`${shadow} (shadow of ${run})`, reason, ...namesAndValues(detail), ...(failure === null ? [] : [failure])]),
    ...(sentence === null ? [] : wrapped(sentence)),
    ...labelled('  wants', wants.length > 0 ? wants : ['no quotes']),
    ...labelled('  signals', told.length > 0 ? told : ['none']),
    ...labelled('  holds', [
      `${trimDecimal(position)}${entryPrice === null ? '' : ` at ${trimDecimal(entryPrice)}`}`,
      ...[`realized ${shown(one.realizedPnl)}`, `fees ${shown(one.fees)}`, `funding ${shown(one.funding)}`, `${one.fills} simulated fills`],
      ...(one.missed === 0 ? [] : [`trades missed ${one.missed}x`]),
    ]),
    ...labelled('  net', [`${shown(one.net)}${age}`, `${run} in the same time ${shown(one.liveNet)}`]),
  ];
}
