/** One question to the venue: what is done, and what its answer means. */
import type { ProbeVerdict } from '../../../gateway/doctor/probe-report.ts';
import type { Bench } from './bench.ts';
import type { Reply } from './wire.ts';

export type Answer = { readonly answer: string; readonly verdict: ProbeVerdict };
export type Question = {
  /** As in the list of open facts. */
  readonly id: string;
  readonly done: string;
  /** Asked while the smallest position is held. */
  readonly held?: true;
  readonly ask: (bench: Bench) => Promise<Answer>;
};

export const assumed = (answer: string): Answer => ({ answer, verdict: 'as-assumed' });
export const differs = (answer: string): Answer => ({ answer, verdict: 'differs' });
export const unanswered = (answer: string): Answer => ({ answer, verdict: 'unanswered' });

/** A refusal with one of these codes is as assumed, a success differs, and any other answer is none. */
export function refusedWith(reply: Reply, codes: readonly number[]): Answer {
  if (reply.status === 200) return differs('accepted');
  return reply.code !== null && codes.includes(reply.code) ? assumed(reply.words) : unanswered(reply.words);
}

/** Load, clock, key and money: such a refusal says nothing about the question (reference sheet 2026-11, 11). */
export const saysNothing = (code: number): boolean => code > -1022 || (code <= -2014 && code >= -2019);

/** A success is as assumed; a refusal with a code differs; silence, or a fault of the venue, is no answer. */
export function taken(reply: Reply): Answer {
  if (reply.status === 200) return assumed('accepted');
  return reply.status === 400 && reply.code !== null && !saysNothing(reply.code) ? differs(reply.words) : unanswered(reply.words);
}
