/** `test:soak -- --limits N`: histories of any commands and events against the limits, until so many are lived or the time is up. One that finds something is kept as it is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Lived, liveLimits } from '../../test/kit/limits/history.ts';
import { history } from '../../test/kit/limits/step.ts';

export type LimitsCampaign = {
  readonly seed: number;
  readonly histories: number;
  /** Begins no new one after so many minutes. */
  readonly minutes: number;
  readonly dir: string;
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
};

const STEPS = 80;
const TOLD_EVERY = 50;

export async function runLimits({ seed, histories, minutes, dir, stop, tell }: LimitsCampaign) {
  mkdirSync(dir, { recursive: true });
  const end = performance.now() + minutes * 60_000;
  const sum = { histories: 0, sent: 0, accepted: 0, looks: 0 };
  const [answers, reached, found]: [Record<string, number>, Record<string, number>, string[]] = [{}, {}, []];
  for (const script of fc.sample(history(STEPS), { numRuns: histories, seed })) {
    if (stop.aborted || performance.now() > end) break;
    const lived = await liveOrBreak(script);
    sum.histories++;
    sum.sent += lived.sent;
    sum.accepted += lived.accepted;
    sum.looks += lived.looks;
    for (const [name, n] of Object.entries(lived.answers)) answers[name] = (answers[name] ?? 0) + n;
    for (const [name, share] of Object.entries(lived.reached)) reached[name] = Math.max(reached[name] ?? 0, share);
    if (sum.histories % TOLD_EVERY === 0) tell(`${sum.histories} histories, ${sum.sent} commands, ${sum.accepted} orders accepted`);
    if (lived.violations.length === 0) continue;
    const file = join(dir, `limits-${seed}-${sum.histories}.json`);
    writeFileSync(file, JSON.stringify({ script, violations: lived.violations }, null, 1));
    tell([`${file}:`, ...lived.violations].join('\n  '));
    found.push(file);
  }
  return { ok: found.length === 0, ...sum, found, reached, answers };
}

/** A history that cannot even be lived is a finding like any other. */
async function liveOrBreak(script: Parameters<typeof liveLimits>[0]): Promise<Lived> {
  try {
    return await liveLimits(script);
  } catch (problem) {
    const violations = [`the history broke: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}`];
    return { violations, sent: 0, answers: {}, accepted: 0, looks: 0, reached: { position: 0, notional: 0, gross: 0, open: 0, rate: 0 } };
  }
}
