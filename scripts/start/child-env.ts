/** The environment of a child that needs no key: everything but the variables that hold secrets. Pure. */
import type { Config } from '../../shared/config.ts';

export function withoutSecrets(env: NodeJS.ProcessEnv, { credentials, alerts }: Pick<Config, 'credentials' | 'alerts'>): NodeJS.ProcessEnv {
  const sources = [...Object.values(credentials), ...Object.values(alerts.channels)];
  const names = sources.flatMap((source) =>
    Object.entries(source ?? {}).flatMap(([key, value]) => (key.endsWith('Env') ? [String(value)] : [])),
  );
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
