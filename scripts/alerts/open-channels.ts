/** The channels of the configuration with their secrets, from environment variables or 0600 files; every mistake is one line, no line holds a secret. */
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { readSecretFile } from '../../shared/config-file.ts';
import { valueAt } from '../../shared/config-problem.ts';
import { withEnvFile } from '../../shared/env-file.ts';
import type { AlertsConfig, ChannelConfig } from '../../shared/config-safety.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { Channel } from './channels/channel.ts';
import { email } from './channels/email.ts';
import { dingtalk, slack, telegram, type Way, webhook, wecom } from './channels/http-channels.ts';

export type OpenedChannels = {
  readonly channels: readonly Channel[];
  /** What must never be shown. */
  readonly secrets: readonly string[];
};
export type ChannelsFrom = {
  readonly env: NodeJS.ProcessEnv /** Of the configuration: relative files are beside it. */;
  readonly configFile: string;
  readonly clock: Clock;
};

/** Lines to print before exit code 2. */
export function openChannels({ channels }: Pick<AlertsConfig, 'channels'>, from: ChannelsFrom): Result<OpenedChannels, readonly string[]> {
  if (Object.keys(channels).length === 0) return ok({ channels: [], secrets: [] });
  const env = withEnvFile(from.configFile, from.env);
  if (!env.ok) return err([env.error]);
  const opened = Object.entries(channels).map(([name, config]) => new Opening(name, config, { ...from, env: env.value }).open());
  const problems = opened.flatMap((one) => (one.ok ? [] : [one.error]));
  if (problems.length > 0) return err(problems);
  const good = opened.flatMap((one) => (one.ok ? [one.value] : []));
  return ok({ channels: good.map(({ channel }) => channel), secrets: good.flatMap(({ secrets }) => secrets) });
}

type Opened = { readonly channel: Channel; readonly secrets: readonly string[] };

class Opening {
  readonly #name: string;
  readonly #config: ChannelConfig;
  readonly #from: ChannelsFrom;
  readonly #secrets: string[] = [];

  constructor(name: string, config: ChannelConfig, from: ChannelsFrom) {
    this.#name = name;
    this.#config = config;
    this.#from = from;
  }

  open(): Result<Opened, string> {
    try {
      const channel = this.#make();
      return ok({ channel, secrets: this.#secrets });
    } catch (problem) {
      if (!(problem instanceof MissingSecret)) throw problem;
      return err(`alerts.channels.${this.#name}: ${problem.message}`);
    }
  }

  #make(): Channel {
    const config = this.#config;
    const way: Way = { name: this.#name, clock: this.#from.clock, timeoutMs: config.timeoutMs };
    switch (config.kind) {
      case 'email': {
        const { host, port, tls, user = null, from, to } = config;
        if (tls === 'none' && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host))
          throw new MissingSecret('tls "none" is for a server on loopback');
        return email({
          ...way,
          host,
          port,
          tls,
          user,
          password: user === null ? null : this.#secret('password', config.passwordEnv),
          from,
          to,
        });
      }
      case 'telegram':
        return telegram(way, { origin: config.origin, chatId: config.chatId, token: this.#secret('token', config.tokenEnv) });
      case 'dingtalk':
        return dingtalk(way, {
          origin: config.origin,
          token: this.#secret('token', config.tokenEnv),
          secret: this.#secret('secret', config.secretEnv),
        });
      case 'wecom':
        return wecom(way, { origin: config.origin, key: this.#secret('key', config.keyEnv) });
      case 'slack':
        return slack(way, { url: this.#url(config.urlEnv) });
      case 'webhook': {
        const wantsToken = config.tokenEnv !== undefined || this.#inFile('token') !== undefined;
        return webhook(way, { url: this.#url(config.urlEnv), token: wantsToken ? this.#secret('token', config.tokenEnv) : null });
      }
      default:
        throw new Error(`Cannot open channel: ${JSON.stringify(config satisfies never)}`);
    }
  }

  /** A secret from its variable, else from the file. */
  #secret(name: string, variable: string | undefined): string {
    const value = variable === undefined ? this.#inFile(name) : this.#from.env[variable];
    if (typeof value !== 'string' || value === '') {
      const where =
        variable === undefined
          ? this.#config.file
            ? `${this.#config.file} holds no "${name}"`
            : `neither ${name}Env nor file is given`
          : `environment variable ${variable} is empty`;
      throw new MissingSecret(`${where}: allowed is "${name}Env": "NAME" or "file": "path of a 0600 file"`);
    }
    this.#secrets.push(value);
    return value;
  }

  /** An incoming webhook: the address itself is the secret. */
  #url(variable: string | undefined): string {
    const url = this.#secret('url', variable);
    if (!/^https:\/\/|^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]/.test(url) || !URL.canParse(url))
      throw new MissingSecret('its url is not https:// (http:// is for loopback)');
    this.#secrets.push(new URL(url).pathname);
    return url;
  }

  #inFile(name: string): unknown {
    if (this.#config.file === undefined) return undefined;
    const content = readSecretFile(resolve(dirname(this.#from.configFile), this.#config.file));
    if (!content.ok) throw new MissingSecret(content.error);
    return valueAt(content.value, [name]);
  }
}

/** Told in one line. */
class MissingSecret extends Error {}
