/** Where alerts arrive: a real SMTP server and a real HTTP server on loopback, which keep what they get and answer as told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { ChannelConfig } from '../../shared/config-safety.ts';

export type Received = {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: ReturnType<typeof JSON.parse>;
};

/** Answers 200 with what Telegram, DingTalk and WeCom say when they are content, unless `answers` holds something else. */
export class HttpReceiver implements AsyncDisposable {
  readonly received: Received[] = [];
  /** First come first; null: none ever. */
  readonly answers: ({ readonly status: number; readonly body: string } | null)[] = [];
  readonly origin: string;
  readonly #server: ReturnType<typeof createServer>;
  #waiting: (() => void)[] = [];

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<HttpReceiver> {
    let receiver: HttpReceiver | null = null;
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const url = new URL(request.url ?? '/', 'http://receiver');
      receiver?.received.push({
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: JSON.parse(text),
      });
      for (const wake of receiver?.wake() ?? []) wake();
      const answer = receiver?.answers.shift();
      if (answer === null) return;
      response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json' }).end(answer?.body ?? '{"ok":true,"errcode":0}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    receiver = new HttpReceiver(server);
    return receiver;
  }

  wake(): readonly (() => void)[] {
    return this.#waiting.splice(0);
  }

  /** Resolves when so many have come; the test's own timeout bounds the wait. */
  async count(atLeast: number): Promise<void> {
    while (this.received.length < atLeast) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export type Mail = { readonly from: string; readonly to: readonly string[]; readonly user: string | null; readonly text: string };

export class MailReceiver implements AsyncDisposable {
  readonly mails: Mail[] = [];
  /** Receivers that are refused. */
  readonly refused = new Set<string>();
  readonly port: number;
  readonly #server: SMTPServer;
  #waiting: (() => void)[] = [];

  private constructor(server: SMTPServer) {
    this.#server = server;
    this.port = (server.server.address() as AddressInfo).port;
  }

  /** `password`: of user `robot`. */
  static async open(password: string): Promise<MailReceiver> {
    let receiver: MailReceiver | null = null;
    const server = new SMTPServer({
      authOptional: false,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password: given }, _session, done) =>
        username === 'robot' && given === password ? done(null, { user: username }) : done(new Error('Invalid login')),
      onRcptTo: ({ address }, _session, done) => (receiver?.refused.has(address) ? done(new Error('No such mailbox')) : done()),
      onData: (stream, { envelope, user }, done) => {
        let text = '';
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        stream.once('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          receiver?.mails.push({
            from,
            to: envelope.rcptTo.map(({ address }) => address),
            user: typeof user === 'string' ? user : null,
            text,
          });
          for (const wake of receiver?.wake() ?? []) wake();
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    receiver = new MailReceiver(server);
    return receiver;
  }

  wake(): readonly (() => void)[] {
    return this.#waiting.splice(0);
  }

  async count(atLeast: number): Promise<void> {
    while (this.mails.length < atLeast) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Secrets of the channels below, each easy to find where it must not be. */
export const CHANNEL_ENV = {
  ALERT_MAIL: 'mail-password-5b1c',
  ALERT_TELEGRAM: '110201543:telegram-token-77aa',
  ALERT_DINGTALK_TOKEN: 'dingtalk-token-91fe',
  ALERT_DINGTALK_SECRET: 'SECdingtalk-secret-2c3d',
  ALERT_WECOM: 'wecom-key-693axxx6-7aoc',
  ALERT_WEBHOOK_TOKEN: 'webhook-bearer-4e5f',
} as const;
const SLACK_PATH = '/services/T000/B000/slack-path-8d9e';

/** One channel of each kind to these receivers, with the environment it reads. */
export function channelsTo(http: HttpReceiver, mail: MailReceiver) {
  const { origin } = http;
  const channels: Record<string, ChannelConfig> = {
    mail: {
      ...{ kind: 'email', host: '127.0.0.1', port: mail.port, tls: 'none', user: 'robot', passwordEnv: 'ALERT_MAIL' },
      ...{ from: 'mmbot@example.org', to: ['me@example.org', 'you@example.org'], timeoutMs: 5_000 },
    },
    telegram: { kind: 'telegram', tokenEnv: 'ALERT_TELEGRAM', chatId: '-1001', origin, timeoutMs: 5_000 },
    dingtalk: { kind: 'dingtalk', tokenEnv: 'ALERT_DINGTALK_TOKEN', secretEnv: 'ALERT_DINGTALK_SECRET', origin, timeoutMs: 5_000 },
    wecom: { kind: 'wecom', keyEnv: 'ALERT_WECOM', origin, timeoutMs: 5_000 },
    slack: { kind: 'slack', urlEnv: 'ALERT_SLACK', timeoutMs: 5_000 },
    hook: { kind: 'webhook', urlEnv: 'ALERT_HOOK', tokenEnv: 'ALERT_WEBHOOK_TOKEN', timeoutMs: 5_000 },
  };
  const env = { ...CHANNEL_ENV, ALERT_SLACK: `${origin}${SLACK_PATH}`, ALERT_HOOK: `${origin}/my/hook` };
  const secrets = [...Object.values(CHANNEL_ENV), SLACK_PATH];
  return { channels, env, secrets };
}
