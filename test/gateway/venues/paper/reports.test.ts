import { expect, test } from 'vitest';
import { faultOf } from '../../../../gateway/venues/paper/reports.ts';
import { meaningOfCode } from '../../../../gateway/venues/binance/faults.ts';
import type { AlgoRejectKind } from '../../../../shared/sim/algo-checks.ts';
import { algoRefusalOf } from '../../../../shared/sim/binance/algo-refusal.ts';

const KINDS: readonly AlgoRejectKind[] = [
  'price-below-minimum',
  'price-above-maximum',
  'price-too-high',
  'price-too-low',
  'size-not-positive',
  'size-below-minimum',
  'size-above-maximum',
  'notional-too-small',
  'counterparty-outside-band',
  'duplicate-client-id',
  'too-many-orders',
  'reduce-only',
  'not-reduce-only',
  'margin-insufficient',
  'leverage-cap',
  'would-take',
  'unfillable',
  'unknown-order',
  'not-limit',
  'side-differs',
  'no-change',
  'price-off-tick',
  'size-off-step',
  'too-many-amends',
  'no-depth',
  'symbol-closed',
  'symbol-not-trading',
  'symbol-not-opening',
  'amend-not-trading',
  'would-trigger',
  'too-many-conditionals',
  'close-order-exists',
  'limit-too-far-above-trigger',
  'limit-too-far-below-trigger',
  'triggering',
];

test.each(KINDS)('a refusal for %s means in paper what its code means from the exchange', (kind) => {
  const { code, status } = algoRefusalOf({ kind });
  expect(faultOf({ kind })).toMatchObject(meaningOfCode(code, status));
});
