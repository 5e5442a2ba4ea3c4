/** Why the brain does what it does, as lines for a terminal of 80 columns: a block for each run on each symbol. Pure. */
import { explain } from '../../shared/reasons.ts';
import type { BrainDoc, RunDoc } from '../../shared/brain-doc.ts';
import { trimDecimal } from '../../shared/units.ts';
import { auditLine } from './config-lines.ts';
import { brainAge, brainAloneLines, brainLines, configLines, riskLines } from './screen.ts';
import { shadowBlock } from './shadow-lines.ts';
import type { State } from './state.ts';
import { ageText, labelled, WIDTH } from './table.ts';

const UNKNOWN = 'unknown';
const LATELY = 6;
const EDITS = 3;
const INDENT = 10;

export function whyLines(state: State): readonly string[] {
  const { brain, header } = state;
  if (!brain) return brainLines(state);
  const gateway = header ? labelled('gateway', [header.mode, ...header.reasons]) : labelled('gateway', [UNKNOWN]);
  const risk = labelled('risk', [brain.risk.state, ...brain.risk.reasons]);
  const head = labelled('brain', [brain.strategy, ...brainAge(state, brain), `${brain.decisions} decisions`]);
  const runs = brain.runs ?? [];
  const edits = (brain.config?.log ?? []).slice(0, EDITS).map(auditLine);
  const edited = edits.map((line, n) => `${(n === 0 ? 'edits' : '').padEnd(INDENT)}${line}`);
  const nowMs = Math.max(0, ...runs.flatMap(({ why }) => why.map(({ lastMs }) => lastMs)));
  const shadows = (brain.shadow ?? []).flatMap((one) => ['', ...shadowBlock(one, { namesAndValues, wrapped, nowMs })]);
  return [
    ...head,
    ...risk,
    ...riskLines(brain),
    ...alarmLines(brain),
    ...gateway,
    ...configLines(header?.config),
    ...brainAloneLines({ gateway: header?.config, brain: brain.config?.state }),
    ...edited,
    ...runs.flatMap((run) => ['', ...runLines(run, { brain, nowMs })]),
    ...shadows,
  ];
}

/** Monitors beyond a threshold. */
function alarmLines({ risk: { alarms = [] } }: BrainDoc): readonly string[] {
  const rows = alarms.map(({ monitor, where, alarm, on, reading, warn, act }) => {
    const value = reading === null ? UNKNOWN : String(Number(reading.toPrecision(4)));
    return `${where} ${monitor} ${value} (warn ${warn}, act ${act}) ${on ? alarm : 'only shown'}`;
  });
  return rows.length > 0 ? labelled('monitors', rows) : [];
}

function runLines(run: RunDoc, { brain, nowMs }: { readonly brain: BrainDoc; readonly nowMs: number }): readonly string[] {
  const { symbol, reason, detail, quotes, signals } = run;
  const sentence = explain(reason);
  const wants = quotes.map(({ side, price, size }) => `${side} ${trimDecimal(size)} at ${price}`);
  const told = namesAndValues(signals);
  return [
    ...labelled(symbol, [run.run === run.strategy ? run.run : `${run.run} (${run.strategy})`, reason, ...namesAndValues(detail)]),
    ...(sentence === null ? [] : wrapped(sentence)),
    ...labelled('  wants', wants.length > 0 ? wants : ['no quotes']),
    ...labelled('  signals', told.length > 0 ? told : ['none']),
    ...labelled('  holds', holds(run, brain)),
    ...labelled('  lately', latelyOf(run, nowMs)),
  ];
}

/** Under the label of `labelled`. */
function wrapped(sentence: string): readonly string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const joined = `${lines.at(-1)} ${word}`;
    if (joined.length <= WIDTH - INDENT) lines.splice(-1, 1, joined);
    else lines.push(` ${word}`);
  }
  return lines.map((line) => ' '.repeat(INDENT) + line.trim());
}

function holds({ symbol, position, entryPrice, realizedPnl, fees, funding }: RunDoc, brain: BrainDoc): readonly string[] {
  const paid = Object.entries(fees).map(([asset, fee]) => `${trimDecimal(fee)} ${asset}`);
  const exits = brain.symbols[symbol];
  const rest = brain.unassigned?.[symbol];
  return [
    `${trimDecimal(position)}${entryPrice === null ? '' : ` at ${trimDecimal(entryPrice)}`}`,
    `realized ${trimDecimal(realizedPnl)}`,
    `fees ${paid.length > 0 ? paid.join(', ') : '0'}`,
    `funding ${trimDecimal(funding)}`,
    ...(rest === undefined ? [] : [`unassigned ${trimDecimal(rest)}`]),
    `take-profits ${exits?.takeProfits ?? UNKNOWN}`,
    `stop-losses ${exits?.stopLosses ?? UNKNOWN}`,
  ];
}

function latelyOf({ why }: RunDoc, nowMs: number): readonly string[] {
  const rows = why
    .slice(0, LATELY)
    .map(({ reason, count, lastMs }) => `${reason} ${count}x${nowMs > lastMs ? ` (${ageText(nowMs - lastMs)} ago)` : ''}`);
  return rows.length > 0 ? rows : ['nothing yet'];
}

const namesAndValues = (values: RunDoc['signals']): readonly string[] =>
  Object.entries(values).map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(8)) : (value ?? UNKNOWN)}`);
