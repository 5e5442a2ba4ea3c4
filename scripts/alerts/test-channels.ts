/** A message to every channel, straight from the tool that asks: proves secrets, network and receivers, without gateway or watchdog. */
import { systemClock } from '../../shared/clock.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { table } from '../lib/table.ts';
import { EXIT, Problem } from '../lib/tool.ts';
import { openChannels } from './open-channels.ts';
import { redactorOf } from '../../shared/redact.ts';

export type Tested = { readonly channel: string; readonly result: string; readonly ms: number };

/** One message to each channel, or to the one named, straight from here. */
export async function testChannels({ config, file }: Loaded, only: string | undefined): Promise<readonly Tested[]> {
  const clock = systemClock();
  const opened = openChannels(config.alerts, { env: process.env, configFile: file, clock });
  if (!opened.ok) throw new Problem(EXIT.usage, opened.error);
  const redact = redactorOf(opened.value.secrets);
  const chosen = opened.value.channels.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0)
    throw new Problem(EXIT.usage, [
      only === undefined
        ? 'alerts.channels: there is none to test'
        : `--channel ${only}: allowed is one of ${Object.keys(config.alerts.channels).join(', ')}`,
    ]);
  const atMs = clock.wallMs();
  const line = {
    id: '',
    code: 'test',
    severity: 'info',
    symbol: null,
    sentence: 'a test: whoever reads this will be told of real ones',
    atMs,
  } as const;
  return Promise.all(
    chosen.map(async (channel) => {
      const from = clock.monoMs();
      const sent = await channel.send({ kind: 'test', from: config.environment, atMs, lines: [line] });
      return { channel: channel.name, result: sent.ok ? 'sent' : redact(sent.error), ms: Math.round(clock.monoMs() - from) };
    }),
  );
}

export const testedLines = (tested: readonly Tested[]): readonly string[] =>
  table(
    [{ title: 'CHANNEL' }, { title: 'MS', align: 'right' }, { title: 'RESULT', shrink: { to: 20, keep: 'start' } }],
    tested.map(({ channel, ms, result }) => [channel, String(ms), result]),
  );
