/** The way to the venue: REST, every stream by data received, the clock. Pure. */
import type { Config } from '../../../shared/config.ts';
import type { Check, Facts, RouteFact } from '../facts.ts';
import { failed, type Finding, fine, unsure, warned } from '../finding.ts';

/** A venue refuses what comes from more than a second in its future, and what is older than recvWindow (code -1021). */
const AHEAD_MAX_MS = 1_000;
const CLOCK_WARN_MS = 250;
const SET_CLOCK = 'timedatectl set-ntp true, or chronyc makestep';

export const venueChecks: Check = (facts, config) => [
  realMoney(facts, config),
  rest(facts, config),
  config.environment === 'sim' ? null : clock(facts, config),
  stream('stream-public', facts.venue.streams.public, config),
  stream('stream-market', facts.venue.streams.market, config),
  facts.venue.streams.private === null ? null : privateStream(facts.venue.streams.private, { config, isRunning: facts.files.locked }),
  facts.venue.orderSocket === null ? null : stream('order-socket', facts.venue.orderSocket, config),
];

function realMoney({ venue }: Facts, { environment }: Config): Finding | null {
  if (environment === 'mainnet' || environment === 'paper' || !venue.realMoney) return null;
  return failed(
    'real-money',
    `environment ${environment}, but its hosts trade real money`,
    `remove endpoints.${environment}, or set environment to mainnet when you mean it`,
  );
}

const hostFix = ({ environment }: Config): string =>
  environment === 'sim'
    ? 'npm run sim, or npm start; sim.port must be its port'
    : `check network, DNS and firewall, and endpoints.${environment}`;

function rest({ venue }: Facts, config: Config): Finding {
  if (!venue.rest.ok) return failed('rest', `${venue.host}: ${venue.rest.error}`, hostFix(config));
  const { recvWindowMs } = config.gateway;
  const said = `${venue.host} answers in ${venue.rest.value.toFixed(0)} ms`;
  if (venue.rest.value >= recvWindowMs)
    return failed('rest', `${said}: longer than orders are valid (${recvWindowMs} ms)`, 'a faster line, or a larger gateway.recvWindowMs');
  return venue.rest.value * 2 >= recvWindowMs
    ? warned('rest', `${said}: a good part of what orders are valid (${recvWindowMs} ms)`, 'a machine nearer to the exchange')
    : fine('rest', said);
}

/** `aheadMs`: the venue's clock before ours. */
function clock({ venue }: Facts, { gateway: { recvWindowMs } }: Config): Finding {
  if (!venue.clockAheadMs.ok) return unsure('clock', venue.clockAheadMs.error, 'timedatectl status');
  const aheadMs = Math.round(venue.clockAheadMs.value);
  const said =
    aheadMs === 0
      ? "this machine's clock agrees with the venue's"
      : `this machine's clock is ${Math.abs(aheadMs)} ms ${aheadMs > 0 ? 'behind' : 'ahead of'} the venue's`;
  if (-aheadMs >= AHEAD_MAX_MS || aheadMs >= recvWindowMs)
    return failed(
      'clock',
      `${said}: more than it takes (1000 ms ahead, ${recvWindowMs} ms behind); ours goes by the venue's, a second program would not`,
      SET_CLOCK,
    );
  return Math.abs(aheadMs) >= CLOCK_WARN_MS ? warned('clock', said, SET_CLOCK) : fine('clock', said);
}

function stream(id: string, fact: RouteFact, config: Config): Finding {
  if (fact.state === 'data') return fine(id, `data after ${Math.round(fact.afterMs)} ms`);
  const fix = fact.state === 'silent' ? `check endpoints.${config.environment}: a wrong route opens and stays silent` : hostFix(config);
  return failed(id, fact.sentence, fix);
}

/** An idle account sends nothing, so an open stream is not yet a proof. */
function privateStream(fact: RouteFact, { config, isRunning }: { readonly config: Config; readonly isRunning: boolean }): Finding {
  if (fact.state !== 'silent') return stream('stream-private', fact, config);
  const proof = isRunning
    ? 'scripts/mm status: its gateway runs, and `account live` there proves the stream'
    : 'start the gateway and look at scripts/mm status, or run scripts/mm probe on testnet';
  return unsure('stream-private', fact.sentence, proof);
}
