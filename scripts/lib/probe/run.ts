/** Asks all questions of the probe, one after the other, and leaves the account as it was. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { OpenFact } from '../../../gateway/venues/binance/unverified.ts';
import type { ProbeReport } from '../../../gateway/doctor/probe-report.ts';
import type { Bench } from './bench.ts';
import { cleanUp, LATE_MS, markOf, type PositionMark } from './clean-up.ts';
import type { Charge } from './guardian.ts';
import { type Answer, type Question, unanswered } from './question.ts';

export type ProbeRun = {
  readonly bench: Bench;
  readonly charge: Charge;
  readonly facts: readonly OpenFact[];
  readonly questions: readonly Question[];
  /** Nothing more is asked once it is aborted. */
  readonly ending: AbortSignal;
  readonly onReport: (report: ProbeReport) => void;
  readonly onAnswer: (id: string, answer: Answer) => void;
};
const Mode = z.object({ dualSidePosition: z.boolean() });
type Row = ProbeReport['facts'][number];

/** Null when the account is free for it; else why not. */
export async function hindrance(bench: Bench, mark: PositionMark): Promise<string | null> {
  const mode = Mode.safeParse((await bench.wire.get('/fapi/v1/accountConfig')).value);
  if (mode.success && mode.data.dualSidePosition) return 'the account is in hedge mode: the probe needs one-way mode, as the gateway does';
  const left = await cleanUp(bench, mark); // of a probe that was killed
  if (left.length > 0) return `an earlier probe left what cannot be taken away: ${left.join('; ')}`;
  const [orders, stops, position] = [await bench.openOrders(), await bench.openStops(), await bench.position()];
  if (orders === null || stops === null || position === null)
    return `the account cannot be read: ${(await bench.wire.get('/fapi/v3/balance')).words}`;
  const there = [
    ...(Number(position) === 0 ? [] : [`a position of ${position}`]),
    ...(orders.length + stops.length === 0 ? [] : [`${orders.length + stops.length} open orders`]),
  ];
  return there.length === 0
    ? null
    : `${bench.symbol} has ${there.join(' and ')}: the probe needs a symbol that is flat and has none; see --symbol`;
}

export async function askAll(run: ProbeRun): Promise<ProbeReport> {
  const { bench, charge } = run;
  const { environment } = charge.loaded.config;
  const mark = markOf(charge);
  const begun: ProbeReport = {
    ...{ format: 'mmbot-probe', version: 1, host: bench.wire.host, symbol: bench.symbol, finishedMs: null, facts: [], left: [] },
    environment: environment === 'sim' ? 'sim' : 'testnet',
    startedMs: Date.now(),
  };
  run.onReport(begun);
  const guardian = await startGuardian(charge);
  const rows: Row[] = [];
  const ask = async (questions: readonly Question[]): Promise<void> => {
    for (const question of questions) {
      const answer = run.ending.aborted ? unanswered('not asked: the probe was stopped') : await asked(question, bench);
      rows.push({ ...factOf(question, run.facts), done: question.done, ...answer });
      run.onAnswer(question.id, answer);
      run.onReport({ ...begun, facts: rows });
    }
  };
  await ask(run.questions.filter(({ held }) => held !== true));
  await ask(await opened(run, mark));
  const left = await cleanUp(bench, mark);
  guardian.send('done', () => undefined);
  const report = { ...begun, facts: rows, left: [...left], finishedMs: run.ending.aborted ? null : Date.now() };
  run.onReport(report);
  return report;
}

/** The questions that need a position, with one; without one each is asked all the same, and says itself why it has no answer. */
async function opened({ bench, questions, ending }: ProbeRun, mark: PositionMark): Promise<readonly Question[]> {
  const held = questions.filter((question) => question.held === true);
  if (ending.aborted || held.length === 0) return held;
  mark.set(bench.size(1));
  const bought = await bench.buy();
  if (bought === 'bought') return held;
  if (bought === 'unknown') await sleep(LATE_MS); // what is late is there by then, and is taken away
  return held.map((question) => ({ ...question, ask: () => Promise.resolve(unanswered('the smallest position could not be bought')) }));
}

/** A question that breaks has no answer; the others are asked all the same. */
async function asked(question: Question, bench: Bench): Promise<Answer> {
  try {
    return await question.ask(bench);
  } catch (error) {
    return unanswered(`broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function factOf({ id }: Question, facts: readonly OpenFact[]): Pick<Row, 'id' | 'fact' | 'assumed' | 'changes'> {
  const fact = facts.find((one) => one.id === id);
  if (!fact) throw new Error(`Cannot ask ${id}: it is no open fact`);
  return { id, fact: fact.fact, assumed: fact.assumed, changes: fact.changes };
}

async function startGuardian(charge: Charge): Promise<ChildProcess> {
  const guardian = fork(join(import.meta.dirname, 'guardian.ts'), [], {
    execPath: process.execPath,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ready = once(guardian, 'message');
  const ended = once(guardian, 'exit').then(() => {
    throw new Error('The second process, which cleans up when this one is killed, could not be started: nothing was asked');
  });
  ended.catch(() => undefined); // its ordinary end comes after ours
  guardian.send(charge);
  await Promise.race([ready, ended]);
  guardian.unref();
  guardian.channel?.unref();
  return guardian;
}
