import { expect, test } from 'vitest';
import { identityOf, stepsDiffer } from '../../../../gateway/venues/paper/state.ts';
import { makeInstrument } from '../../../../shared/instrument.ts';
import { findInstrument } from '../../../../shared/sim/instruments.ts';

function identity(symbols: readonly string[], tickSize?: string) {
  const instruments = symbols.map((symbol) => {
    const spec = findInstrument(symbol)?.spec;
    const made = spec ? makeInstrument({ ...spec, ...(tickSize === undefined ? {} : { tickSize }) }) : 'no such symbol';
    if (typeof made === 'string') throw new Error(made);
    return made;
  });
  return identityOf(instruments);
}

test.each([
  ['the same symbols', identity(['BTCUSDT']), identity(['BTCUSDT']), null],
  ['a symbol more', identity(['BTCUSDT']), identity(['ETHUSDT', 'BTCUSDT']), null],
  ['a symbol less', identity(['BTCUSDT', 'ETHUSDT']), identity(['ETHUSDT']), null],
  [
    'another tick of a symbol that it counts in',
    identity(['BTCUSDT']),
    identity(['BTCUSDT'], '0.20'),
    /changed the steps of BTCUSDT .*0\.10 0\.001.*0\.20 0\.001/,
  ],
  ['the file of a simulator', { seed: 1, accounts: ['paper'] }, identity(['BTCUSDT']), /not of a paper account/],
])('stepsDiffer() judges %s', (_name, theirs, ours, want) => {
  const verdict = stepsDiffer(theirs, ours);
  if (want === null) expect(verdict).toBeNull();
  else expect(verdict).toMatch(want);
});
