import { expect, test } from 'vitest';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import { Risk } from '../../shared/risk.ts';
import { bookDoc, config, positionDoc, runWith } from '../kit/brain.ts';
import { Desk } from '../kit/runs.ts';

const RUN = runWith(marketMaking(config().strategy.marketMaking));
const desk = (risk: object = {}): Desk => new Desk([RUN], { risk: Risk.parse(risk) });
/** The next snapshot of the desk has this seq. */
const told = ({ symbols }: ReturnType<Desk['take']>) => symbols[0]?.outcomes[0];
const at = (bid: string, ask: string, seq: number) => ({
  book: bookDoc({ epoch: 3, seq, bids: [[bid, '1.000']], asks: [[ask, '1.000']] }),
  position: positionDoc({ epoch: 3, seq, markPrice: bid }),
});

test('a market that jumps pauses the run: quotes are cancelled, the reason bears the evidence, and it is told', () => {
  const one = desk({ monitors: { jumpBps: { act: 100 }, markGapBps: { on: false } } });
  expect(told(one.take())?.quotes).toHaveLength(2);
  const stepped = one.take({ docs: at('60700.00', '60700.10', 52) });
  expect(told(stepped)).toMatchObject({
    ...{ reason: 'breaker-paused', quotes: [] },
    detail: { wished: 'quoting', monitor: 'jumpBps', where: 'BTCUSDT', allowed: 100 },
  });
  expect(stepped.risk.events).toContainEqual(expect.objectContaining({ kind: 'breaker', where: 'BTCUSDT' }));
  expect(stepped.state.risk.breakers['BTCUSDT']).toMatchObject({ at: 'open', tier: 'pause' });
});

test('it comes back by small orders, and then whole', () => {
  const short = { openMs: 500, probeMs: 300 };
  const one = desk({ monitors: { jumpBps: { act: 100, coolDownMs: 100 }, markGapBps: { on: false } }, breaker: short });
  one.take();
  const [reasons, sizes]: [string[], number[]] = [[], []];
  for (let seq = 52; reasons.at(-1) !== 'quoting' && seq < 90; seq++) {
    const outcome = told(one.take({ docs: at('60700.00', '60700.10', seq) }));
    if (reasons.at(-1) === outcome?.reason) continue;
    reasons.push(outcome?.reason ?? '');
    sizes.push(outcome?.quotes[0]?.size ?? 0);
  }
  expect(reasons).toEqual(['breaker-paused', 'breaker-probing', 'quoting']);
  expect(sizes).toEqual([0, 2, 10]);
});

test('while all breakers are closed nothing is changed', () => {
  const [watched, plain] = [desk(), desk({ monitors: { jumpBps: { on: false } } })];
  expect(told(watched.take())).toEqual(told(plain.take()));
});
