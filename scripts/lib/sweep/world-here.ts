/** A world of another host on this one: the same data under its own path, the same program, the same strategies; else why not. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Config } from '../../../shared/config.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { dataHash } from '../backtest/fingerprint.ts';
import { codeHash, configHashOf, filesOf, type World } from './world.ts';

/** `folder`: where data files lie here; null: under the paths that they have there. */
export async function worldHere(world: World, folder: string | null): Promise<Result<World, string>> {
  const own = codeHash();
  if (own !== world.hashes.code)
    return err(
      `the program here (${own}) is another than that of the sweep (${world.hashes.code}, build ${world.build}): allowed is the same checkout`,
    );
  const parsed = Config.safeParse(world.config);
  if (!parsed.success) return err('the configuration of the sweep is not one of this version: allowed is the same checkout');
  const asked = { ...world.asked, ...pathsHere(world, folder) };
  const missing = [...filesOf(asked), ...Object.values(parsed.data.strategy.custom).map(({ file }) => file)].find(
    (file) => !existsSync(file),
  );
  if (missing !== undefined) return err(`${missing}: is not here: allowed is --data with the folder that holds it`);
  const data = await dataHash(filesOf(asked));
  if (data !== world.hashes.data)
    return err(
      `${filesOf(asked).join(', ')}: other data (${data}) than that of the sweep (${world.hashes.data}): allowed are the same files, or --data with their folder`,
    );
  if ((await configHashOf(parsed.data)) !== world.hashes.config)
    return err('a strategy file here is another than that of the sweep: allowed is the same file');
  return ok({ ...world, asked, config: parsed.data });
}

function pathsHere({ asked: { klines, tape, funding } }: World, folder: string | null): Partial<World['asked']> {
  if (folder === null) return {};
  const here = (file: string): string => join(folder, basename(file));
  return { klines: klines.map(here), funding: funding.map(here), ...(tape === undefined ? {} : { tape: here(tape) }) };
}
