/** Whether what the doctor found lets real money be traded. Pure. */
import { EXIT } from '../exit-code.ts';
import { failures, type Finding } from './finding.ts';

export type Verdict = { readonly code: number; readonly lines: readonly string[] };

/**
 * Who does not answer now may answer later: a supervisor tries again, and a position is waiting for it. A refusal would end the brain, too, for
 * an hour of the exchange in which one stream is silent or one read of the account times out.
 */
const UNREACHABLE: readonly string[] = ['redis', 'rest', 'account', 'stream-public', 'stream-market', 'stream-private', 'order-socket'];

const probeIn = (findings: readonly Finding[]): Finding | undefined => findings.find(({ id }) => id === 'probe');

/** Nothing was left for a person to accept. */
export const isProved = (findings: readonly Finding[]): boolean => probeIn(findings)?.level === 'ok';

/** Null: it may start. `acceptUnverified`: a person accepts what nobody has tried out at the venue. */
export function judgePreflight(findings: readonly Finding[], { acceptUnverified }: { readonly acceptUnverified: boolean }): Verdict | null {
  const failed = failures(findings);
  if (failed.length > 0) {
    const code = failed.some(({ id }) => UNREACHABLE.includes(id)) ? EXIT.unreachable : EXIT.refused;
    return {
      code,
      lines: failed.map(({ id, said, fix }) => `environment mainnet: refused: doctor ${id}: ${said}${fix === null ? '' : `: ${fix}`}`),
    };
  }
  if (isProved(findings) || acceptUnverified) return null;
  const probe = probeIn(findings);
  const why = probe ? `${probe.said}: ${probe.fix}` : 'unverified on venue';
  return { code: EXIT.refused, lines: [`environment mainnet: refused: ${why}; or accept that for this start with --accept-unverified`] };
}
