/** A parity check as one page, in the manner of the report. The same check gives the same bytes. */
import { amount, percent, time } from '../report/figures.ts';
import { type Html, html } from '../report/html.ts';
import type { FigureGroup } from '../report/key-figures.ts';
import { document, figureCards, footer } from '../report/page.ts';
import { assumptionsTable, gapsTable, sheet } from '../report/sections.ts';
import { CAUSES } from './causes.ts';
import { type Comparison, unexplained } from './compare.ts';
import type { Fill } from './intents.ts';
import type { Parity } from './parity.ts';

/** Marks and rows on the page; the JSON has all. */
const MOST = 5_000;

export function parityPage(parity: Parity): string {
  const { session, result, comparison, trials, calibration } = parity;
  const symbols = session.config.symbols.join(', ');
  return document(`Parity ${symbols}`, {
    head: html`<h1>Parity</h1><p class="sub">${symbols} on ${session.config.environment}: the session and its backtest<br>${time(session.firstMs)} to ${time(session.endMs)} UTC</p>`,
    main: html`${figureCards(cards(parity))}
${session.config.symbols.map(
  (
    symbol,
    n,
  ) => html`<section><h2>${symbol}: fills of the session (filled marks) and of the backtest (outlined)</h2><div class="chart" id="price-${n}"></div></section>
<section><h2>${symbol}: position of both</h2><div class="chart" id="position-${n}"></div></section>`,
)}
${causesTable(comparison)}${differencesTable(parity)}
${sheet({
  title: 'With other assumptions',
  columns: ['latencies', 'queue model', 'fills', 'equal', 'share'],
  rows: trials.map(({ ways, queueModel, simulated, equal, share }) => [ways, queueModel, simulated, equal, percent(share, 1)]),
})}
${sheet({
  title: 'Fitted from this session',
  columns: ['constant', 'value'],
  rows: Object.entries({ ...calibration, ...calibration.fees })
    .filter(([name]) => name !== 'fees' && name !== 'format')
    .map(([name, value]) => [name, value === null ? 'not seen' : `${value as string} `]),
})}
${gapsTable(result.gaps)}${assumptionsTable(result.meta.assumptions)}`,
    data: { parity: chartsOf(parity) },
    foot: footer(result),
  });
}

function cards({ comparison, jitterMs }: Parity): readonly FigureGroup[] {
  const { fills, commands, share, apartMs, money, differences } = comparison;
  const figure = (name: string, text: string, what = ''): FigureGroup['figures'][number] => ({ name, text, what });
  return [
    {
      title: 'Fills',
      figures: [
        figure('equal', percent(share, 1), `side, price and size, within ${jitterMs.toFixed(1)} ms`),
        figure('session', String(fills.real)),
        figure('backtest', String(fills.simulated)),
        figure('apart, median and most', `${apartMs.median.toFixed(1)} / ${apartMs.most.toFixed(1)} ms`),
      ],
    },
    {
      title: 'Commands',
      figures: [
        figure(
          'equal',
          percent(commands.real === 0 ? 1 : commands.equal / Math.max(commands.real, commands.simulated), 1),
          'kind, side, price and size, in the same turn',
        ),
        figure('session', String(commands.real)),
        figure('backtest', String(commands.simulated)),
      ],
    },
    {
      title: 'Drift',
      figures: [
        figure('session', amount(money.real, 4), 'profit after fees, what is held at the last mid'),
        figure('backtest', amount(money.simulated, 4)),
        figure('difference', amount(money.simulated - money.real, 4)),
        figure('differences', String(differences.length), `${unexplained(comparison).length} of them without a cause`),
      ],
    },
  ];
}

const causesTable = ({ rows }: Comparison): Html =>
  sheet({
    title: 'Drift by cause',
    columns: ['cause', 'session only', 'backtest only', 'size', 'drift', 'what it is'],
    rows: rows.map(({ cause, realOnly, simulatedOnly, size, money }) => [
      ...[cause, realOnly, simulatedOnly, Number(size.toFixed(8)), amount(money, 4), `${CAUSES[cause]} `],
    ]),
  });

const differencesTable = ({ comparison: { differences } }: Parity): Html =>
  sheet({
    title: 'Differences',
    note: differences.length > MOST ? `the first ${MOST} of ${differences.length}` : '',
    columns: ['time', 'on', 'symbol', 'side', 'price', 'size', 'cause', 'why', 'drift'],
    rows: differences
      .slice(0, MOST)
      .map(({ atMs, on, symbol, side, price, size, cause, sentence, money }) => [
        ...[
          new Date(Math.floor(atMs)).toISOString().slice(11, 23),
          ON[on],
          symbol,
          side,
          price,
          size,
          cause,
          `${sentence} `,
          amount(money, 4),
        ],
      ]),
  });

const ON = { real: 'session', simulated: 'backtest', both: 'both' } as const;

type Mark = readonly [at: number, price: number, side: 1 | -1, maker: 0 | 1];

function chartsOf({ session, result: { samples }, fills }: Parity): object {
  const { fromMs, periodMs, rows } = samples;
  const at = Array.from({ length: rows }, (_, n) => (fromMs + (n + 1) * periodMs) / 1_000);
  return {
    at,
    symbols: session.config.symbols.map((symbol) => {
      const [real, simulated] = [fills.real, fills.simulated].map((side) => side.filter((fill) => fill.symbol === symbol)) as [
        Fill[],
        Fill[],
      ];
      return {
        symbol,
        price: samples.symbols[symbol]?.price.map(Number) ?? [],
        positions: [positions(real, at), positions(simulated, at)],
        marks: [...marks(real, 1), ...marks(simulated, 0)],
      };
    }),
  };
}

/** Filled for the session, outlined for the backtest. */
const marks = (fills: readonly Fill[], filled: 0 | 1): readonly Mark[] =>
  fills.slice(0, MOST).map(({ atMs, price, side }) => [atMs / 1_000, Number(price), side === 'buy' ? 1 : -1, filled]);

/** Held at each moment. */
function positions(fills: readonly Fill[], at: readonly number[]): readonly number[] {
  const sorted = [...fills].sort((a, b) => a.atMs - b.atMs);
  let [held, next] = [0, 0];
  return at.map((seconds) => {
    for (let fill = sorted[next]; fill && fill.atMs / 1_000 <= seconds; fill = sorted[++next])
      held += fill.side === 'buy' ? Number(fill.size) : -Number(fill.size);
    return Number(held.toFixed(8));
  });
}
