/** The config that all children of one supervised run share: config.json with the ports that are really free, under the run folder. */
import { existsSync, mkdirSync, renameSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountHash, type Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import { freePort, isFree } from './ports.ts';

export type EffectiveOptions = {
  readonly config: Config;
  readonly runDir: string;
  readonly simPort: number;
  readonly redisUrl: string;
  readonly keyFile: string | null;
};

/** Writes the file and returns its path, with a line for each port that had to move. Holds no key. */
export async function writeEffectiveConfig({ config, runDir, simPort, redisUrl, keyFile }: EffectiveOptions) {
  const notes: string[] = [];
  const port = async (what: string, wanted: number | null): Promise<number | null> => {
    if (wanted === null || wanted === 0 || (await isFree(wanted))) return wanted;
    const other = await freePort();
    notes.push(`port ${wanted} (${what}) is taken: using ${other}`);
    return other;
  };
  const effective = {
    ...config,
    $schema: undefined,
    runDir,
    redis: { ...config.redis, url: redisUrl },
    gateway: { ...config.gateway, metricsPort: await port('gateway metrics', config.gateway.metricsPort) },
    brain: { ...config.brain, metricsPort: await port('brain metrics', config.brain.metricsPort) },
    sim: { ...config.sim, port: simPort },
    endpoints: { ...config.endpoints, sim: undefined },
    credentials: keyFile === null ? {} : { sim: { file: keyFile } },
  };
  const dir = join(runDir, 'start');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'config.json');
  writeFileSync(file, `${JSON.stringify(effective, null, 2)}\n`, { mode: 0o600 });
  return { file, notes, config: effective as Config };
}

/** Folder of socket, lock and ledger of the simulator's account. */
export const simAccountDir = (runDir: string): string => join(runDir, `sim-${accountHash(SIM_CREDENTIALS.apiKey)}`);

/** What the simulator of a run keeps, beside the ledger of its account. */
export const simStateFile = (runDir: string): string => join(simAccountDir(runDir), 'exchange.sqlite');

/**
 * A new run begins with a fresh account, so what was kept of the one before it, by the simulator and by us, is set aside (one generation,
 * in `previous/`). Only called when no gateway runs there.
 */
export function setAsideState(dir: string): void {
  if (!existsSync(dir)) return;
  const previous = join(dir, 'previous');
  rmSync(previous, { recursive: true, force: true });
  mkdirSync(previous, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir))
    if (/^((exchange|ledger|brain)\.sqlite(-wal|-shm)?|PANIC\.taken)$/.test(name)) renameSync(join(dir, name), join(previous, name));
}
