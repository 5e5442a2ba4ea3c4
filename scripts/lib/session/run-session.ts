/** One backtest of a recorded session, from its tape alone. Throws TapeProblem and Problem. */
import { sep } from 'node:path';
import type { QueueModelName } from '../../../shared/sim/queue.ts';
import type { DepthOptions, Ways } from '../backtest/depth-options.ts';
import { buildName, dataHash, effectiveHash } from '../backtest/fingerprint.ts';
import { type BacktestResult, RESULT_SCHEMA, type RunMeta } from '../backtest/result.ts';
import { tapeFiles } from '../../sim/tape-folder.ts';
import type { LoggedCommand } from './command-log.ts';
import { optionsOf } from './options.ts';
import { play } from './play.ts';
import type { Session } from './session.ts';
import { looksOf, type Trips, tripsOf, type WayKind, waysOf } from './ways.ts';

/** From a snapshot to the decision on it, where Redis is looked at just after each tick. */
const LOOK_MS = 3;

export type SessionRun = {
  readonly session: Session;
  readonly ways: WayKind;
  readonly queueModel: QueueModelName;
  readonly seed: number;
  readonly configFile: string;
  readonly fees: DepthOptions['fees'];
  /** Models in the place of what was recorded, each only where given. */
  readonly models?: Partial<Ways>;
};
export type SessionResult = { readonly result: BacktestResult; readonly commands: readonly LoggedCommand[]; readonly trips: Trips };

export async function runSession(run: SessionRun): Promise<SessionResult> {
  const { session, seed } = run;
  const options = await optionsOf(session, run);
  const trips = tripsOf(session);
  const ways = { ...waysOf(run.ways, trips, seed), ...run.models };
  const { engine, commands, records } = await play({ session, options, ways, look: looking(run, trips) });
  for (const { atMs, what } of session.gaps) {
    const symbol = session.config.symbols[0] ?? '';
    engine.tally.gaps.push({ symbol, fromMs: atMs, toMs: atMs, what: `the tape has a hole: ${what}` });
  }
  const files = tapeFiles(session.path);
  const name = session.path.split(sep).filter(Boolean).slice(-2).join(sep);
  const meta: RunMeta = {
    ...{ schema: RESULT_SCHEMA, kind: 'depth' as const, configHash: effectiveHash(session.config), dataHash: await dataHash(files) },
    ...{ build: buildName(), seed, fromMs: options.fromMs, toMs: session.endMs, records, files: [name] },
    assumptions: assumptionsOf(run, trips),
  };
  return { result: engine.tally.result({ meta, ...engine.ending() }), commands, trips };
}

/** Which snapshots were decided on, and when: as recorded, or each as late as usual. Before the brain's first turn there was nobody. */
function looking({ session, ways, seed }: SessionRun, trips: Trips): Parameters<typeof play>[0]['look'] {
  const { turns, published, config } = session;
  const decided = new Map(turns.map(({ epoch, seq, atMs }) => [`${epoch}:${seq}`, atMs]));
  const firstMs = published.find(({ epoch, seq }) => turns.length === 0 || decided.has(`${epoch}:${seq}`))?.atMs ?? 0;
  const { brain, snapshot } = config;
  const laterMs = brain.pollMs < snapshot.intervalMs ? LOOK_MS : brain.pollMs;
  const usual = looksOf(ways, trips, seed) ?? ((atMs: number) => atMs + laterMs);
  return ({ atMs, epoch, seq }) => {
    if (atMs < firstMs) return null;
    return ways === 'recorded' && turns.length > 0 ? (decided.get(`${epoch}:${seq}`) ?? null) : usual(atMs);
  };
}

function assumptionsOf({ session, ways, queueModel, models }: SessionRun, { there, back, notices, looks }: Trips): RunMeta['assumptions'] {
  const { config, notes, inPublic } = session;
  const count = Object.values(there).reduce((sum, trips) => sum + trips.length, 0);
  const told = {
    recorded: `as recorded, one by one (${count} there, ${Object.values(back).flat().length} back, ${notices.length} notices)`,
    measured: 'drawn from the recorded ones',
    constant: 'medians of the recorded ones',
  };
  return {
    market: 'of the session, each message when its gateway received it',
    fills: `queue model ${queueModel}; own fills of the session are not used`,
    latencies: `${told[ways]}${models && Object.keys(models).length > 0 ? ', but for those given' : ''}`,
    snapshots: `as given out, decided on ${ways === 'recorded' ? 'when they were' : 'as late as usual'} (${looks.length} looks), fed by ${config.brain.feed}`,
    'public book': inPublic ? 'own orders stood in it: taken off' : 'own orders did not stand in it',
    ...(notes.length > 0 && { notes: notes.join('; ') }),
  };
}
