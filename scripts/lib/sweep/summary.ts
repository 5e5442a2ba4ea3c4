/** A sweep in words for a terminal of 80 columns. Pure. */
import { percent, ratio, time } from '../report/figures.ts';
import { table, WIDTH } from '../table.ts';
import { type Json, shownJson } from './json.ts';
import { OBJECTIVE_WORDS, worthOf } from './objective.ts';
import { refusals } from './refusals.ts';
import type { StudyRow, SweepMeta, SweepResult, TrialRow } from './result.ts';

const TOP = 10;
const REFUSALS_MAX = 8;
const INDENT = 10;

export function sweepSummary(result: SweepResult): readonly string[] {
  const { meta, studies, walked } = result;
  return [
    ...headLines(result),
    ...refusalLines(result),
    '',
    ...(walked === null ? studies.flatMap((study) => topLines(study, meta)) : foldLines(result)),
    '',
    ...beliefLines(result),
    ...sentence('run', `config ${meta.configHash}, data ${meta.dataHash}, code ${meta.codeHash}, build ${meta.build}`),
  ];
}

/** A label, and text beside it, broken at words. */
function sentence(label: string, text: string): readonly string[] {
  const lines = [label.padEnd(INDENT - 1)];
  for (const word of text.split(' ')) {
    const joined = `${lines.at(-1)} ${word}`;
    if (joined.length <= WIDTH || lines.at(-1)?.trim() === '') lines[lines.length - 1] = joined;
    else lines.push(`${' '.repeat(INDENT)}${word}`);
  }
  return lines;
}

function headLines({ meta, studies }: SweepResult): readonly string[] {
  const { range, gaps, search, searchSeed, symbols, objective } = meta;
  const [firstGap] = gaps;
  const run = studies.reduce((sum, { trials }) => sum + trials.length, 0);
  const folds = studies.length > 1 ? ` in ${studies.length} folds` : '';
  const by = `${symbols.join(' ')} by ${search}${search === 'grid' ? '' : `, seed ${searchSeed}`}`;
  const fixed = Object.entries(meta.fixed).map(([key, value]) => `${key}=${shownJson(value)}`);
  return [
    ...sentence('sweep', `${by}: ${run} ${run === 1 ? 'trial' : 'trials'}${folds}`),
    ...sentence('', `${time(range.fromMs)} to ${time(range.toMs)}`),
    ...(firstGap ? sentence('gaps', `${gaps.length} in the data, the first ${time(firstGap.fromMs)} to ${time(firstGap.toMs)}`) : []),
    ...sentence('aim', OBJECTIVE_WORDS[objective]),
    ...(fixed.length === 0 ? [] : sentence('fixed', fixed.join(', '))),
  ];
}

function refusalLines({ studies, meta }: SweepResult): readonly string[] {
  const { byConfig, byBacktest, exhausted } = refusals(studies);
  const lines = (label: string, list: typeof byConfig): readonly string[] => [
    ...list.slice(0, REFUSALS_MAX).flatMap(({ line, count }, n) => sentence(n === 0 ? label : '', `${count} × ${line}`)),
    ...(list.length > REFUSALS_MAX ? sentence('', `${list.length - REFUSALS_MAX} more reasons are in the JSON`) : []),
  ];
  return [
    ...lines('refused', byConfig),
    ...lines('not run', byBacktest),
    ...(exhausted && meta.search !== 'grid' ? sentence('note', 'the space holds no more points: fewer trials than asked for') : []),
  ];
}

/** Last parts of the keys, as many as tell them apart. */
export function shortKeys(keys: readonly string[]): readonly string[] {
  return keys.map((key) => {
    const parts = key.split('.');
    const length = parts.findIndex(
      (_, n) => keys.filter((other) => other.endsWith(`.${parts.slice(-n - 1).join('.')}`) || other === key).length === 1,
    );
    return parts.slice(-Math.max(1, length + 1)).join('.');
  });
}

type Row = Pick<TrialRow, 'worth' | 'train'>;
const figureCells = ({ worth, train }: Row): readonly string[] => [
  ratio(worth),
  train ? percent(train.totalReturn) : '–',
  train ? percent(train.maxDrawdownPercent / 100) : '–',
  train ? String(train.fills) : '–',
];
const keyColumns = (meta: SweepMeta) =>
  shortKeys(meta.dimensions.map(({ key }) => key)).map((title) => ({ title, align: 'right', shrink: { to: 6, keep: 'end' } }) as const);
const figureColumns = (meta: SweepMeta) =>
  [meta.objective, 'return', 'drawdown', 'fills'].map((title) => ({ title, align: 'right' }) as const);
const cells = (point: readonly Json[]): readonly string[] => point.map(shownJson);

function topLines({ trials, configured, best }: StudyRow, meta: SweepMeta): readonly string[] {
  const ranked = trials.filter(({ train }) => train !== null).sort((a, b) => (b.worth ?? -Infinity) - (a.worth ?? -Infinity) || a.n - b.n);
  const rows = ranked.slice(0, TOP).map((row) => [String(row.n + 1), ...figureCells(row), ...cells(row.point)]);
  const own = ['config', ...figureCells(configured), ...meta.dimensions.map(() => '')];
  const none = best === null ? ['no trial can be judged: none traded, or the time is too short for this objective'] : [];
  return [...table([{ title: 'trial' }, ...figureColumns(meta), ...keyColumns(meta)], [...rows, own]), ...none];
}

/** What each search chose, and what came of it on the time after. */
function foldLines({ meta, studies }: SweepResult): readonly string[] {
  const titles = ['searched', 'tested', 'rank', 'median', 'config', 'return'].map((title) => ({ title, align: 'right' }) as const);
  const rows = studies.map(({ fold, trials, best, outside, configured }) => {
    const chosen = trials.find(({ n }) => n === best);
    const tested = chosen?.test ? worthText(meta, chosen.test) : '–';
    return [
      fold.test === null ? fold.name : time(fold.test.fromMs).slice(0, meta.range.toMs - meta.range.fromMs > 864e6 ? 10 : 16),
      ...[ratio(chosen?.worth ?? null), tested, outside ? `${outside.rank}/${outside.of}` : '–', ratio(outside?.median ?? null)],
      ...[configured.test ? worthText(meta, configured.test) : '–', chosen?.test ? percent(chosen.test.totalReturn) : '–'],
    ];
  });
  const chosen = studies.map(({ trials, best }) => trials.find(({ n }) => n === best));
  return [
    ...table([{ title: 'test from' }, ...titles], rows),
    '',
    ...table(
      [{ title: 'chosen for' }, ...keyColumns(meta)],
      rows.map(([from = ''], n) => [from, ...(chosen[n] ? cells(chosen[n].point) : [])]),
    ),
  ];
}

const worthText = ({ objective }: SweepMeta, figures: Parameters<typeof worthOf>[1]): string => ratio(worthOf(objective, figures));

function beliefLines({ studies, walked }: SweepResult): readonly string[] {
  const deflated = studies.map((study) => percent(study.deflated?.probability ?? null, 1)).join(', ');
  const overfit = studies.map((study) => percent(study.overfit, 0)).join(', ');
  return [
    ...sentence('deflated', `${deflated}: probability that the best has a Sharpe ratio above zero, for so many trials`),
    ...sentence('overfit', `${overfit}: probability that the best of one half of the time is below the median on the other half`),
    ...(walked === null
      ? []
      : sentence(
          'walked',
          `${walked.pnl.toFixed(2)} on all tests together, Sharpe ${ratio(walked.sharpe)}; ${walked.belowMedian} of ${walked.folds} choices were no better than the median`,
        )),
  ];
}
