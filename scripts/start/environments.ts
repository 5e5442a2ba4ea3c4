/** What `npm start` can do in which environment; a sentence and an exit code where it cannot. */
import type { Config } from '../../shared/config.ts';

type Asked = { readonly replay?: string | undefined; readonly speed: number; readonly resume: boolean; readonly live: boolean };

export function cannotStart(environment: Config['environment'], asked: Asked): { readonly code: number; readonly sentence: string } | null {
  if (asked.resume && asked.replay !== undefined)
    return { code: 2, sentence: '--resume: a recording always begins anew with a fresh account' };
  if (environment === 'sim') return null;
  if (asked.replay !== undefined || asked.speed !== 1 || asked.resume)
    return { code: 2, sentence: `--replay, --speed and --resume: only in sim: environment is ${environment} in config.json` };
  if (environment === 'mainnet' && !asked.live) return { code: 4, sentence: 'environment mainnet: real money needs --live as well' };
  return null;
}
