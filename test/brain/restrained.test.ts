import { expect, test } from 'vitest';
import type { Decision } from '../../brain/decide.ts';
import { restrained } from '../../brain/restrained.ts';
import { NO_RISK } from '../../brain/risk/watch.ts';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import { sealBasket } from '../../brain/strategy/seat.ts';
import { Risk } from '../../shared/risk.ts';
import { lots } from '../../shared/units.ts';
import { bookDoc, config, positionDoc, runWith, sealedRun, SYMBOL, view } from '../kit/brain.ts';
import { Desk, wish } from '../kit/runs.ts';

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

test('the legs of a basket are restrained together: one that is on its way is hedged on the calm symbol, none is entered', () => {
  const [symbols, seen] = [[SYMBOL, 'BTCUSDC'], view({})];
  const run = sealedRun(sealBasket({ name: 'pair', role: 'custom', initial: () => 0, decide: () => ({ wishes: new Map(), state: 0 }) }), {
    symbols,
  });
  const decide = (held: number, wanted: readonly number[]) =>
    new Map(
      symbols.map((symbol, i): [string, readonly Decision[]] => {
        const position = lots(i === 0 ? held : 0);
        const target = { position: lots(wanted[i] ?? 0), slippageBps: 2 };
        return [symbol, [{ run, view: { ...seen, symbol, position }, wish: wish({ target }), reason: '', problem: null }]];
      }),
    );
  const findings = [{ monitor: 'jumpBps', where: SYMBOL, reading: 120, threshold: 100, tier: 'pause' }] as const;
  const risk = { ...NO_RISK, breakers: { [SYMBOL]: { at: 'open', tier: 'pause', relapses: 0, sinceMs: 0, findings } as const } };
  const left = (held: number, wanted: readonly number[]) =>
    [...restrained(decide(held, wanted), { risk, parameters: Risk.parse({}) }).values()].map(([one]) => one?.wish);
  expect(left(0, [10, -10])).toMatchObject(Array(2).fill({ target: null, reason: 'breaker-paused', detail: { monitor: 'jumpBps' } }));
  expect(left(10, [10, -10]).map((one) => one?.target?.position)).toEqual([undefined, -10]);
  expect(left(10, [0, 0]).map((one) => one?.target?.position)).toEqual([0, undefined]);
});
