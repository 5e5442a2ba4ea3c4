/** A sweep as one file that loads nothing from anywhere, in the clothes of the backtest report. The same result gives the same bytes. */
import { amount, NONE, percent, ratio, time } from '../report/figures.ts';
import { type Html, html } from '../report/html.ts';
import type { Figure } from '../report/key-figures.ts';
import { document, figureCards } from '../report/page.ts';
import { gapsTable, sheet } from '../report/sections.ts';
import { pairsOf, type Seen } from './bins.ts';
import { alongSection, heatSection } from './heat.ts';
import { shownJson } from './json.ts';
import { OBJECTIVE_WORDS, worthOf } from './objective.ts';
import { type Refusal, refusals } from './refusals.ts';
import type { ShownFigures, StudyRow, SweepMeta, SweepResult, TrialRow } from './result.ts';
import { shortKeys } from './summary.ts';

const PAIRS_MAX = 6;
const TRIALS_MAX = 200;

export function sweepPage(result: SweepResult): string {
  const { meta } = result;
  return document(`Sweep ${meta.symbols.join(', ')}`, {
    head: html`<h1>Sweep</h1><p class="sub">${meta.symbols.join(', ')} by ${meta.search}${fixedText(meta)}<br>${time(meta.range.fromMs)} to ${time(meta.range.toMs)} UTC</p>`,
    main: body(result),
    data: { sweep: chartData(result) },
    foot: html`<p>config ${meta.configHash} · data ${meta.dataHash} · code ${meta.codeHash} · build ${meta.build} · search seed ${meta.searchSeed} · ${meta.files.join(', ')}</p>`,
  });
}

const fixedText = ({ fixed }: SweepMeta): string =>
  Object.entries(fixed)
    .map(([key, value]) => `, ${key}=${shownJson(value)}`)
    .join('');

function body(result: SweepResult): Html {
  const { meta, studies, walked } = result;
  const tested = studies.some(({ fold }) => fold.test !== null);
  return html`${cards(result)}
${walked === null ? html`` : html`<section><h2>Tests of all folds, one after the other: return, percent</h2><div class="chart" id="walked"></div></section>`}
${tested ? foldSheet(result) : html``}
<div class="pairs">${maps(result, tested)}</div>
<section><h2>${OBJECTIVE_WORDS[meta.objective]}, trial by trial</h2><div class="chart" id="trials"></div></section>
${tested ? html`<section><h2>Tested against searched: what was only luck lies in a cloud, what holds along a line</h2><div class="chart" id="scatter"></div></section>` : html``}
${studies.map((study) => trialSheet(study, meta))}
${refusalSheet('Refused by the configuration', refusals(studies).byConfig)}${refusalSheet('Not run', refusals(studies).byBacktest)}${gapsTable(meta.gaps)}`;
}

function cards({ meta, studies, walked }: SweepResult): Html {
  const [only] = studies;
  const best = studies.length === 1 ? only?.trials.find(({ n }) => n === only.best) : undefined;
  return figureCards([
    { title: 'Search', figures: searchFigures(meta, studies) },
    ...(best?.train && only
      ? [{ title: 'Best trial', figures: bestFigures(meta, { best, train: best.train, configured: only.configured }) }]
      : []),
    { title: 'How far to believe it', figures: beliefFigures(studies) },
    ...(walked === null
      ? []
      : [
          {
            title: 'Walked forward',
            figures: [
              { name: 'Profit of all tests', text: amount(walked.pnl), what: 'each with what its own search had chosen' },
              { name: 'Sharpe', text: ratio(walked.sharpe), what: 'a year, of the tests together' },
              {
                name: 'No better than the median',
                text: `${walked.belowMedian} of ${walked.folds}`,
                what: 'choices, among all trials on the test',
              },
            ],
          },
        ]),
  ]);
}

function searchFigures(meta: SweepMeta, studies: readonly StudyRow[]): readonly Figure[] {
  const count = (of: (study: StudyRow) => number): string => studies.reduce((sum, study) => sum + of(study), 0).toLocaleString('en-US');
  const folds = studies.length > 1 ? `in ${studies.length} folds` : 'on all of the time';
  return [
    { name: 'Trials', text: count(({ trials }) => trials.length), what: folds },
    { name: 'Refused', text: count(({ refused }) => refused.length), what: 'points that the configuration does not allow' },
    { name: 'Searched by', text: meta.search, what: meta.search === 'grid' ? 'every point' : `seed ${meta.searchSeed}` },
    { name: 'Looked for', text: meta.objective, what: OBJECTIVE_WORDS[meta.objective] },
  ];
}

type Best = { readonly best: TrialRow; readonly train: ShownFigures; readonly configured: StudyRow['configured'] };

function bestFigures(meta: SweepMeta, { best, train, configured }: Best): readonly Figure[] {
  const keys = shortKeys(meta.dimensions.map(({ key }) => key));
  return [
    { name: meta.objective, text: ratio(best.worth), what: `as configured ${ratio(configured.worth)}` },
    { name: 'Return', text: percent(train.totalReturn), what: `as configured ${percent(configured.train?.totalReturn ?? null)}` },
    { name: 'Largest drawdown', text: percent(train.maxDrawdownPercent / 100), what: `${train.fills.toLocaleString('en-US')} fills` },
    ...keys.map((name, n) => ({ name, text: shownJson(best.point[n] ?? null), what: meta.dimensions[n]?.key ?? '' })),
  ];
}

function beliefFigures(studies: readonly StudyRow[]): readonly Figure[] {
  const deflated = studies.flatMap((study) => study.deflated?.probability ?? []);
  const overfit = studies.flatMap(({ overfit: one }) => one ?? []);
  return [
    {
      name: 'Deflated Sharpe',
      text: rangeText(deflated),
      what: 'probability that the best has a Sharpe ratio above zero, for so many trials',
    },
    {
      name: 'Overfit',
      text: rangeText(overfit),
      what: 'probability that the best of one half of the time is below the median on the other',
    },
  ];
}

/** Of several folds the least and the most. */
function rangeText(shares: readonly number[]): string {
  if (shares.length === 0) return NONE;
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map((one) => percent(one, 0));
  return least === most ? `${most}` : `${least} to ${most}`;
}

/** Every pair of keys and every key, where it was searched and beside that where it was tested. */
function maps({ meta, studies }: SweepResult, tested: boolean): readonly Html[] {
  const { dimensions, objective } = meta;
  const rows = studies.flatMap(({ trials }) => trials);
  const seenBy = (worthOf: (row: TrialRow) => number | null): readonly Seen[] =>
    rows.flatMap((row) => {
      const worth = worthOf(row);
      return worth === null ? [] : [{ point: row.point, worth }];
    });
  const searched = { dimensions, words: tested ? `${objective}, searched` : objective, seen: seenBy(({ worth }) => worth) };
  const outside = { dimensions, words: `${objective}, tested`, seen: seenBy(({ test }) => test && worthOf(objective, test)) };
  const shown = [searched, ...(tested ? [outside] : [])].filter(({ seen }) => seen.length > 0);
  return [
    ...pairsOf(dimensions.length, PAIRS_MAX).flatMap((pair) => shown.map((one) => heatSection(one, pair))),
    ...dimensions.flatMap((_, n) => shown.map((one) => alongSection(one, n))),
  ];
}

function foldSheet({ meta, studies }: SweepResult): Html {
  const worth = (figures: ShownFigures | null | undefined): string => (figures ? ratio(worthOf(meta.objective, figures)) : NONE);
  return sheet({
    title: `What each fold chose: ${meta.objective} where it was searched, and on the time after`,
    columns: [
      'searched from',
      'tested from',
      'to',
      'searched',
      'tested',
      'rank',
      'median',
      'configured',
      'return',
      'deflated',
      ...keysOf(meta),
    ],
    rows: studies.map(({ fold, trials, best, outside, configured, deflated }) => {
      const chosen = trials.find(({ n }) => n === best);
      return [
        ...[time(fold.train.fromMs), ...(fold.test ? [time(fold.test.fromMs), time(fold.test.toMs)] : [NONE, NONE])],
        ...[ratio(chosen?.worth ?? null), worth(chosen?.test), outside ? `${outside.rank} of ${outside.of}` : NONE],
        ...[ratio(outside?.median ?? null), worth(configured.test), percent(chosen?.test?.totalReturn ?? null)],
        ...[
          percent(deflated?.probability ?? null, 1),
          ...meta.dimensions.map((_, n) => (chosen ? shownJson(chosen.point[n] ?? null) : NONE)),
        ],
      ];
    }),
  });
}

const keysOf = ({ dimensions }: SweepMeta): readonly string[] => shortKeys(dimensions.map(({ key }) => key));

function trialSheet({ fold, trials }: StudyRow, meta: SweepMeta): Html {
  const ranked = trials.filter(({ train }) => train !== null).sort((a, b) => (b.worth ?? -Infinity) - (a.worth ?? -Infinity) || a.n - b.n);
  const shown = ranked.slice(0, TRIALS_MAX);
  return sheet({
    title: fold.test === null ? 'Trials, best first' : `Trials of ${fold.name}, best first`,
    note: shown.length < trials.length ? `${shown.length} of ${trials.length}; all are in the JSON` : '',
    columns: [
      'trial',
      ...keysOf(meta),
      meta.objective,
      ...(fold.test ? ['tested'] : []),
      'return',
      'drawdown',
      'fills',
      'fees',
      'in position',
    ],
    rows: shown.flatMap(({ n, point, worth, train, test }) =>
      train
        ? [
            [
              ...[n + 1, ...point.map(shownJson), ratio(worth)],
              ...(fold.test ? [test ? ratio(worthOf(meta.objective, test)) : NONE] : []),
              ...[
                percent(train.totalReturn),
                percent(train.maxDrawdownPercent / 100),
                train.fills,
                amount(Number(train.fees)),
                percent(train.exposed, 1),
              ],
            ],
          ]
        : [],
    ),
  });
}

const refusalSheet = (title: string, rows: readonly Refusal[]): Html =>
  sheet({ title, columns: ['points', 'why'], rows: rows.map(({ line, count }) => [count, `${line} `]) });

/** Columns for the charts: of each fold its trials in the order of trying. */
function chartData({ meta, studies, walked }: SweepResult) {
  const worths = studies.map(({ trials }) => trials.map(({ worth }) => worth));
  const points = studies
    .flatMap(({ trials }) => trials)
    .flatMap(({ worth, test }) => {
      const tested = test && worthOf(meta.objective, test);
      return worth === null || tested === null ? [] : [[worth, tested] as const];
    });
  return {
    objective: meta.objective,
    names: studies.map(({ fold }) => fold.name),
    worths,
    scatter: points.sort((a, b) => a[0] - b[0]),
    walked: walked === null ? null : grown(walked.returns),
  };
}

/** Percent since the start, compound. */
function grown(returns: readonly { readonly atMs: number; readonly value: number }[]): {
  readonly at: readonly number[];
  readonly value: readonly number[];
} {
  let worth = 1;
  const value = returns.map((one) => {
    worth *= 1 + one.value;
    return (worth - 1) * 100;
  });
  return { at: returns.map(({ atMs }) => atMs / 1_000), value };
}
