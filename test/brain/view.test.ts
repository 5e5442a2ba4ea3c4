import { expect, test } from 'vitest';
import { heldView, marketView } from '../../brain/view.ts';
import { documents, SYMBOL } from '../kit/brain.ts';

const equityIn = (equity: Readonly<Record<string, string | null>> | undefined): number | null | undefined => {
  const { equity: _, ...rest } = documents();
  const docs = { ...rest, ...(equity ? { equity } : {}) };
  const held = heldView(docs, { symbol: SYMBOL, maxAgeMs: 500 });
  const view = typeof held === 'string' ? held : marketView(docs, { symbol: SYMBOL, held });
  if (typeof view === 'string') throw new Error(view);
  return view.equity;
};

test('marketView() tells the equity in the asset that the symbol is margined in, and null where it is not known', () => {
  expect(equityIn({ USDT: '9999.75', USDC: '5' })).toBe(9_999.75);
  expect(equityIn({ USDT: null })).toBeNull();
  expect(equityIn({ USDC: '5' })).toBeNull();
  expect(equityIn(undefined)).toBeNull();
});
