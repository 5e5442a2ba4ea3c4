/** Whether what the venue's documents leave open was tried out. Pure. */
import type { Check, Facts } from '../facts.ts';
import { type Finding, fine, warned } from '../finding.ts';

const DAY_MS = 86_400_000;
/** Venues change. */
const AGE_MAX_DAYS = 180;
const PROBE = 'scripts/mm probe --environment testnet';
export const UNVERIFIED = 'unverified on venue';

export const probeChecks: Check = (facts, config) =>
  config.environment === 'sim' || config.environment === 'paper' ? [] : [probed(facts)];

/** `warn` in words `unverified on venue` until a whole, recent report says that all is as this program takes it to be. */
export function probed({ probe, unverified, nowMs }: Facts): Finding {
  const open = (why: string): Finding => warned('probe', `${UNVERIFIED}: ${why}`, PROBE);
  if (probe === null) return open('the probe has never run');
  if (!probe.ok) return open(probe.error);
  const { finishedMs, answers, environment, host, atVenue } = probe.value;
  if (environment !== 'testnet') return open(`the newest report is of ${environment}`);
  if (!atVenue) return open(`the report is of ${host}, which is no host of the exchange: see endpoints.testnet`);
  if (finishedMs === null) return open('the newest probe did not come to its end');
  const days = Math.floor((nowMs - finishedMs) / DAY_MS);
  if (days > AGE_MAX_DAYS || days < -1) return open(`the report is ${days} days old`);
  const differs = unverified.filter((id) => answers[id] === 'differs');
  if (differs.length > 0) return open(`the venue differs in ${differs.join(', ')}; the report says what follows`);
  const unanswered = unverified.filter((id) => answers[id] !== 'as-assumed');
  return unanswered.length > 0
    ? open(`no answer to ${unanswered.join(', ')}`)
    : fine('probe', `all ${unverified.length} open points are as assumed, ${days} days ago`);
}
