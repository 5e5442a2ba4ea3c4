/** `mm probe`: the command. Never on real money, never beside a gateway of the same account. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeReport } from '../../../gateway/doctor/probe-report.ts';
import { accountOptions, lockAccount } from '../../../gateway/io/run-dir.ts';
import { OPEN_FACTS } from '../../../gateway/venues/binance/unverified.ts';
import { isRealMoney } from '../../../gateway/venues/io/examine.ts';
import type { Credentials, Loaded } from '../../../shared/config-file.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from '../tool.ts';
import { takeKey } from '../venue-rest.ts';
import { Bench } from './bench.ts';
import { ORDER_QUESTIONS } from './checks/orders.ts';
import { STOP_QUESTIONS } from './checks/stops.ts';
import { markOf } from './clean-up.ts';
import { answerLine, reportLines } from './lines.ts';
import { askAll, hindrance } from './run.ts';
import { ProbeWire } from './wire.ts';

export type ProbeOptions = {
  readonly config: string;
  readonly json: boolean;
  readonly environment: 'sim' | 'testnet';
  readonly symbol?: string;
};

export const QUESTIONS = [...ORDER_QUESTIONS, ...STOP_QUESTIONS];

export async function probe(options: ProbeOptions): Promise<ExitCode> {
  const loaded = inEnvironment(configOf(options.config), options.environment);
  const symbol = options.symbol?.toUpperCase() ?? loaded.config.symbols[0] ?? '';
  const credentials = await takeKey(loaded, process.env);
  await using _place = await takePlace(loaded, credentials);
  await using wire = new ProbeWire(loaded.config, credentials);
  if (!(await wire.syncClock()))
    throw new Problem(EXIT.unreachable, [`${wire.host} does not answer: check the network and endpoints.${options.environment}`]);
  const bench = await Bench.open(wire, symbol);
  if (!bench) throw new Problem(EXIT.usage, [`${symbol}: ${wire.host} does not list it: see --symbol`]);
  mkdirSync(loaded.runDir, { recursive: true, mode: 0o700 });
  const charge = { loaded, credentials, symbol };
  const why = await hindrance(bench, markOf(charge));
  if (why !== null) throw new Problem(EXIT.refused, [why]);
  if (!options.json) print(`probe of ${options.environment} at ${wire.host}, ${symbol}: ${QUESTIONS.length} questions`, '');
  const report = await askAll({
    ...{ bench, charge, facts: OPEN_FACTS, questions: QUESTIONS },
    ending: endingOf(),
    onReport: (now) => writeReport(loaded, now),
    onAnswer: (id, answer) => {
      if (!options.json) print(answerLine(id, answer));
    },
  });
  if (options.json) print(JSON.stringify(report));
  else print('', ...reportLines(report, 'odd'), `report: ${fileOf(loaded, options.environment)}.json and .txt`);
  if (report.left.length > 0) throw new Problem(EXIT.failed, [`left at the venue: ${report.left.join('; ')}: take it away on its website`]);
  return report.finishedMs !== null && report.facts.every(({ verdict }) => verdict === 'as-assumed') ? EXIT.done : EXIT.failed;
}

/** The configuration may be of another environment: its key and hosts of the asked one count. */
function inEnvironment(loaded: Loaded, environment: ProbeOptions['environment']): Loaded {
  const asked = { ...loaded, config: { ...loaded.config, environment } };
  if (isRealMoney(asked.config))
    throw new Problem(EXIT.refused, [`endpoints.${environment} names a host that trades real money: the probe is not for that`]);
  return asked;
}

/** No gateway of the account runs, and none starts before the probe has ended. */
async function takePlace(loaded: Loaded, credentials: Credentials): Promise<AsyncDisposable> {
  const lock = await lockAccount(accountOptions(loaded, credentials));
  if (lock.ok) return lock.value;
  const { kind, sentence } = lock.error;
  throw new Problem(kind === 'locked' ? EXIT.refused : EXIT.usage, [`${sentence}; or use a key of another account`]);
}

/** The first signal ends it in order; a second one leaves the rest to the guardian. */
function endingOf(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(EXIT.failed);
      process.stderr.write('probe: cleaning up first\n');
      ending.abort();
    });
  return ending.signal;
}

const fileOf = ({ runDir }: Loaded, environment: string): string => join(runDir, `probe-${environment}`);

/** Whoever reads it never sees half of it. */
function writeReport(loaded: Loaded, report: ProbeReport): void {
  const path = fileOf(loaded, report.environment);
  for (const [end, text] of [
    ['.json', JSON.stringify(report, null, 2)],
    ['.txt', reportLines(report).join('\n')],
  ] as const) {
    writeFileSync(`${path}${end}.tmp`, `${text}\n`, { mode: 0o600 });
    renameSync(`${path}${end}.tmp`, `${path}${end}`);
  }
}
