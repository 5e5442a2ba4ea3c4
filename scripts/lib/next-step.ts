/** What a person does next when the venue did not do what was asked: one sentence and an exit code for each kind of fault. Pure. */
import type { VenueFault } from '../../gateway/venues/venue.ts';
import { EXIT, type ExitCode } from './tool.ts';

/** `contact`: public calls, before any key is used; `account`: reads with the key; `trade`: orders. */
export type Stage = 'contact' | 'account' | 'trade';
export type Situation = {
  readonly stage: Stage;
  readonly environment: string;
  readonly host: string;
  /** Where the key comes from, in words. */
  readonly source: string;
  readonly file: string;
  readonly recvWindowMs: number;
  /** Told when nobody answers in sim; may be empty. */
  readonly moved: string;
};
export type NextStep = { readonly code: ExitCode; readonly sentence: string };

export function nextStep(fault: VenueFault, at: Situation): NextStep {
  const silent = fault.kind === 'unreachable' || fault.reason === 'time-out' || fault.reason === 'connection-lost';
  if (silent && (at.stage !== 'trade' || fault.kind === 'unreachable')) return notReached(fault, at);
  if (at.stage === 'contact' && isNoVenue(fault)) return wrongHost(fault, at);
  if (fault.reason === 'signature') return step(EXIT.usage, fault, `the secret does not belong to the key: check ${at.source}`);
  if (fault.kind === 'auth') return { code: EXIT.usage, sentence: authSentence(fault, at) };
  if (fault.kind === 'clock')
    return step(
      EXIT.failed,
      fault,
      `this machine's clock jumped or the line is slow: check its time sync, or raise gateway.recvWindowMs (now ${at.recvWindowMs}) in ${at.file}`,
    );
  if (fault.kind === 'unknown' && at.stage !== 'trade') return step(EXIT.failed, fault, troubleAdvice(at));
  return step(EXIT.failed, fault, adviceOf(fault));
}

/** A read has changed nothing: it may be asked again. */
const troubleAdvice = ({ environment, file }: Situation): string =>
  `the venue has trouble now: try again in a minute; if it stays so, check endpoints.${environment}.rest in ${file}`;

/** Far beyond what a machine in sync is off by, ms. */
const CLOCK_OFF_MS = 1_000;

/** A clock that is wrong does no harm here, where the venue's time is gone by; null when it is right. `aheadMs`: the venue's minus ours. */
export function clockNote(aheadMs: number): string | null {
  if (Math.abs(aheadMs) <= CLOCK_OFF_MS) return null;
  const off = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} the venue's`;
  return `this machine's clock is ${off}: went by the venue's time; set the clock, for example with timedatectl set-ntp true`;
}

const step = (code: ExitCode, { sentence }: VenueFault, advice: string): NextStep => ({ code, sentence: `${sentence}: ${advice}` });

function notReached({ sentence }: VenueFault, { environment, host, file, moved }: Situation): NextStep {
  const words = sentence.includes(host) ? sentence : `${host} (${sentence})`;
  const advice =
    environment === 'sim'
      ? `start the simulator with npm run sim, or everything with npm start${moved}`
      : `${causeOf(sentence)}check the network and the name of the host (endpoints.${environment}.rest in ${file}, when it is set)`;
  return {
    code: EXIT.unreachable,
    sentence: `Cannot reach ${environment === 'sim' ? 'the simulator' : 'the venue'} at ${words}: ${advice}`,
  };
}

/** What the system's words mean, where they mean something to a person. */
function causeOf(sentence: string): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(sentence)) return 'its name cannot be resolved: ';
  if (/ECONNREFUSED/.test(sentence)) return 'nothing listens there: ';
  return /SSL|TLS|certificate/i.test(sentence) ? 'what answers there is not the venue over TLS: ' : '';
}

/** An answer without a code of the venue: a page of somebody else. */
const isNoVenue = (fault: VenueFault): boolean =>
  fault.reason === 'unreadable' || fault.reason === 'firewall' || (fault.reason === '' && !fault.sentence.includes('code -'));

function wrongHost({ sentence }: VenueFault, { environment, host, file }: Situation): NextStep {
  const why = environment === 'sim' ? `sim.port or endpoints.sim.rest` : `endpoints.${environment}.rest`;
  return {
    code: EXIT.usage,
    sentence: `${host} answers, but not as the venue's REST does (${sentence.slice(0, 60)}): correct ${why} in ${file}`,
  };
}

function authSentence({ reason, sentence }: VenueFault, { stage, environment, source, host }: Situation): string {
  if (reason === 'position-mode') return `${sentence}: the account is in hedge mode: switch it to one-way mode`;
  if (reason === 'firewall')
    return `${sentence}: the venue's firewall refuses this address: wait some minutes, or check where it is allowed`;
  if (reason === 'account') return `${sentence}: the venue has restricted this account: its website says why`;
  if (stage === 'trade') return `${sentence}: the key may read but not trade: allow futures trading for it, and this machine's address`;
  if (environment === 'sim')
    return `${sentence}: the simulator at ${host} does not know the key of ${source}, or not from this address: start it with --account or --account-key, or remove credentials.sim`;
  return `${sentence}: check that ${source} is the whole key, that it was made for ${environment} (${environment === 'mainnet' ? 'one of testnet' : 'one of mainnet'} is refused), that it may use futures, and that this machine's address is on its list`;
}

const ADVICE: Readonly<Record<string, string>> = {
  'insufficient-margin': 'the account has too little free margin: take a smaller --qty, or add funds',
  'post-only-would-take': 'the price would take: choose one farther from the market',
  'min-notional': 'take a larger --qty',
  'price-band': 'the price is too far from mark: choose one nearer to it',
  'closing-only': 'the contract or the account may only close positions now',
  'not-found': 'the venue knows no such order',
  symbol: 'the contract cannot be traded now: choose another --symbol',
};

function adviceOf({ kind, reason, retryAfterMs }: VenueFault): string {
  if (kind === 'rate-limited' || kind === 'banned') return `wait ${Math.ceil((retryAfterMs ?? 60_000) / 1_000)} s before anything else`;
  if (kind === 'busy') return 'the venue did not do it and is busy: try again in some seconds';
  if (kind === 'unknown') return 'whether it was done is not known: look again before you repeat it';
  return ADVICE[reason] ?? 'the venue refused it: change what its words name';
}
