/** A report of the probe as lines of at most 80 columns. Pure. */
import type { ProbeReport, ProbeVerdict } from '../../../gateway/doctor/probe-report.ts';
import { WIDTH, wrap } from '../table.ts';
import type { Answer } from './question.ts';

const WORDS: Readonly<Record<ProbeVerdict, string>> = { 'as-assumed': 'as assumed', differs: 'DIFFERS', unanswered: 'no answer' };
const WORD_WIDTH = 12;

export const answerLine = (id: string, { verdict, answer }: Answer): string =>
  `${WORDS[verdict].padEnd(WORD_WIDTH)}${id}: ${answer}`.slice(0, WIDTH);

/** `shown`: only what is not as assumed, or all. */
export function reportLines(
  { environment, host, symbol, startedMs, finishedMs, facts, left }: ProbeReport,
  shown: 'all' | 'odd' = 'all',
): readonly string[] {
  const when = new Date(startedMs).toISOString().slice(0, 19).replace('T', ' ');
  const counts = Object.entries(WORDS).map(([verdict, word]) => `${facts.filter((fact) => fact.verdict === verdict).length} ${word}`);
  return [
    `probe of ${environment} at ${host}, ${symbol}, ${when} UTC`,
    finishedMs === null ? 'NOT FINISHED' : `${facts.length} questions: ${counts.join(', ')}`,
    ...facts
      .filter(({ verdict }) => shown === 'all' || verdict !== 'as-assumed')
      .flatMap((fact) => [
        '',
        `${WORDS[fact.verdict].padEnd(WORD_WIDTH)}${fact.id}`,
        ...told('question', fact.fact),
        ...told('done', fact.done),
        ...told('answer', fact.answer),
        ...(fact.verdict === 'as-assumed' ? [] : [...told('assumed', fact.assumed), ...told('else', fact.changes)]),
      ]),
    ...(left.length === 0 ? [] : ['', `LEFT AT THE VENUE: ${left.join('; ')}`]),
  ];
}

const told = (label: string, text: string): readonly string[] =>
  wrap(text, WIDTH - WORD_WIDTH - 10).map((line, i) => `${' '.repeat(WORD_WIDTH)}${(i === 0 ? label : '').padEnd(10)}${line}`);
