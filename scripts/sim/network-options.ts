/** Options of the command line about the network between exchange and clients, and about its faults. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LATENCY_FORMS, type Latency, NO_LATENCY, parseLatency } from '../../shared/sim/latency.ts';
import { CHAOS_KINDS, type ChaosKind, isChaosKind } from './faults/chaos.ts';
import { faultForms, wrapped } from './faults/fault-help.ts';
import { readScenario } from './faults/scenario.ts';
import { VENUE_ERROR_NAMES } from './faults/venue-errors.ts';
import type { NetworkSettings } from './network.ts';
import { VENUE_NETWORK } from './network.ts';

export type NetworkFlags = {
  readonly latencyMarket: Latency;
  readonly latencyOrders: Latency;
  readonly latencyUser: Latency;
  readonly disconnectAfter: number;
  readonly pingEvery: number;
  readonly pongWithin: number;
  readonly scenario?: string;
  readonly chaos?: number;
  readonly chaosKinds?: readonly ChaosKind[];
  readonly verboseFaults?: true;
};

const help = (): string => `
${wrapped(`A latency MODEL is in simulated milliseconds: ${LATENCY_FORMS}.`, 0)}

While it runs, on the same port, from loopback only:
  POST /sim/fault {"kind":...}  makes a fault; {"kind":"clear"} disarms all
  GET /sim/faults               what is armed, how often it happened and when
  GET /sim/faults/kinds         what each kind may be given, as JSON schemas
  GET /sim/state                its time, symbols and open sockets
  GET /sim/book?symbol=S        the published book; with &u=N as it was then
  GET /sim/account?apiKey=K     positions, orders and balances as they truly are
  POST /sim/expire-listen-key   the same as that fault
  POST /sim/advance {"ms":N}    moves time on, with --stepped

Kinds of faults and their fields, those in brackets may be left out:
${faultForms()
  .map((form) => wrapped(`  ${form}`, 4))
  .join('\n')}

${wrapped(
  'Faults of streams pick by "route" and "stream" (* for anything; events of the private route by their name), those of calls by "method", "path" and "apiKey". "count", "ms" and "probability" say how often, without them once; "execute" says whether the call takes effect all the same; "error" names an answer of the venue:',
  0,
)}
${wrapped(`  ${VENUE_ERROR_NAMES.join(' ')}`, 2)}

Kinds that --chaos-kinds may name:
${wrapped(`  ${CHAOS_KINDS.join(' ')}`, 2)}

For example
  {"kind":"drop","stream":"btcusdt@depth*","probability":0.01}
  {"kind":"error","error":"backend-timeout","execute":true,"method":"POST",
   "path":"/fapi/v1/order"}
`;

function latency(text: string): Latency {
  const read = parseLatency(text);
  if (!read) throw new InvalidArgumentError(`allowed: ${LATENCY_FORMS}.`);
  return read;
}

function above0(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || value > 1e12) throw new InvalidArgumentError('allowed: a number above 0.');
  return value;
}

function chaosKinds(text: string): readonly ChaosKind[] {
  const names = text.split(',').map((name) => name.trim());
  const kinds = names.filter(isChaosKind);
  if (kinds.length < names.length) throw new InvalidArgumentError(`allowed, with commas between: ${CHAOS_KINDS.join(', ')}.`);
  return kinds;
}

export function addNetworkOptions(program: Command): Command {
  const { disconnectAfterMs, pingEveryMs, pongWithinMs } = VENUE_NETWORK;
  const model = (flags: string, what: string): Option => new Option(flags, `time ${what}`).argParser(latency).default(NO_LATENCY, 'none');
  return program
    .addOption(model('--latency-market <MODEL>', 'a market message or an answer without a key takes'))
    .addOption(model('--latency-orders <MODEL>', 'a call with a key takes to the engine, and its answer back'))
    .addOption(model('--latency-user <MODEL>', 'a user event takes'))
    .option('--disconnect-after <ms>', 'simulated life of a socket', above0, disconnectAfterMs)
    .option('--ping-every <ms>', 'simulated time between two pings of the server', above0, pingEveryMs)
    .option('--pong-within <ms>', 'simulated time in which a client must answer one', above0, pongWithinMs)
    .option(
      '--scenario <file>',
      'faults at their times: a JSON list, or one JSON value a line, of {"atMs":N,"fault":{...}}, N simulated milliseconds after the start',
    )
    .option('--chaos <seconds>', 'mean simulated seconds between two faults drawn from the seed', above0)
    .option('--chaos-kinds <list>', 'faults to draw from, with commas between; all without it', chaosKinds)
    .option('--verbose-faults', 'tell every fault that happens on stderr')
    .addHelpText('after', help);
}

/** Rejects with `SimulatorProblem` for a bad scenario, with the system's error for a file that cannot be read. */
export async function networkSettings(flags: NetworkFlags): Promise<Required<NetworkSettings>> {
  return {
    latencies: { market: flags.latencyMarket, orders: flags.latencyOrders, user: flags.latencyUser },
    disconnectAfterMs: flags.disconnectAfter,
    pingEveryMs: flags.pingEvery,
    pongWithinMs: flags.pongWithin,
    scenario: flags.scenario === undefined ? [] : await readScenario(flags.scenario),
    chaos: flags.chaos === undefined ? null : { meanMs: flags.chaos * 1_000, kinds: flags.chaosKinds ?? CHAOS_KINDS },
    onFault: flags.verboseFaults ? (line) => void process.stderr.write(`sim: ${line}\n`) : () => undefined,
  };
}
