/** ACCOUNT_UPDATE, MARGIN_CALL and ACCOUNT_CONFIG_UPDATE (Binance USD-M docs, user data streams; reference sheet 2026-11, sections 8.4 and 8.5). */
import { formatSize, type Instrument } from '../../instrument.ts';
import { formatAtoms } from '../../units.ts';
import type { AccountReason, PositionState, UserEvent } from '../exchange-events.ts';
import { breakEvenOf, entryPriceOf } from '../position.ts';
import { markText } from './market-json.ts';
import { positionSideWord } from './words.ts';

type OfKind<K extends UserEvent['kind']> = Extract<UserEvent, { kind: K }>;
export type InstrumentOf = (symbol: string) => Instrument;

const REASON_WORDS: Readonly<Record<AccountReason, string>> = {
  order: 'ORDER',
  funding: 'FUNDING_FEE',
  deposit: 'DEPOSIT',
  withdraw: 'WITHDRAW',
  'margin-transfer': 'MARGIN_TRANSFER',
  'margin-type': 'MARGIN_TYPE_CHANGE',
  insurance: 'INSURANCE_CLEAR',
  'auto-exchange': 'AUTO_EXCHANGE',
};

export function accountUpdate(instrumentOf: InstrumentOf, event: OfKind<'account'>): Record<string, unknown> {
  return {
    B: event.wallets.map(({ asset, wallet, cross, change }) => ({
      a: asset,
      wb: formatAtoms(wallet),
      cw: formatAtoms(cross),
      bc: formatAtoms(change),
    })),
    P: event.positions.map((state) => positionJson(instrumentOf(state.symbol), state)),
    m: REASON_WORDS[event.reason],
    ...(event.symbol === null ? {} : { S: event.symbol }),
  };
}

function positionJson(instrument: Instrument, state: PositionState): Record<string, unknown> {
  const { position } = state;
  return {
    s: state.symbol,
    pa: formatSize(instrument, position.size),
    ep: formatAtoms(entryPriceOf(instrument, position)),
    cr: formatAtoms(position.realized),
    up: formatAtoms(state.unrealized),
    mt: state.marginType,
    iw: formatAtoms(state.isolated),
    ps: positionSideWord(state.side),
    ma: state.asset,
    bep: formatAtoms(breakEvenOf(instrument, position)),
  };
}

export function marginCall(instrumentOf: InstrumentOf, event: OfKind<'margin-call'>): Record<string, unknown> {
  return {
    ...(event.cross === null ? {} : { cw: formatAtoms(event.cross) }),
    p: event.positions.map(({ symbol, side, position, marginType, isolated, mark, unrealized, maintenance }) => ({
      s: symbol,
      ps: positionSideWord(side),
      pa: formatSize(instrumentOf(symbol), position.size),
      mt: marginType === 'cross' ? 'CROSSED' : 'ISOLATED',
      iw: formatAtoms(isolated),
      mp: markText(mark),
      up: formatAtoms(unrealized),
      mm: formatAtoms(maintenance),
    })),
  };
}
