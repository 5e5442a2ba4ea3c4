/** E-mail over SMTP. A certificate that does not verify is a failure; only a server on loopback may be spoken to without encryption. */
import { createTransport } from 'nodemailer';
import type { Clock } from '../../../shared/clock.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { within } from '../../lib/within.ts';
import { type Message, severityOf, subjectOf, textOf } from '../message.ts';
import type { Channel } from './channel.ts';

export type EmailOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly host: string;
  readonly port: number;
  readonly tls: 'tls' | 'starttls' | 'none';
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
};

/** Real time that a half-open connection is kept after we have given up. */
const SOCKET_MS = 60_000;

export function email(options: EmailOptions): Channel {
  const { name, host, port, tls, user, password, clock, timeoutMs } = options;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{ connectionTimeout: SOCKET_MS, greetingTimeout: SOCKET_MS, socketTimeout: SOCKET_MS, logger: false },
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name,
    send: async (message) => {
      const sent = sendOnce(transport, { message, options });
      return (await within(sent, { clock, ms: timeoutMs })) ?? err(`no answer within ${timeoutMs} ms`);
    },
  };
}

type Sending = { readonly message: Message; readonly options: EmailOptions };

async function sendOnce(transport: ReturnType<typeof createTransport>, { message, options }: Sending): Promise<Result<null, string>> {
  const { from, to } = options;
  const urgent = severityOf(message) === 'critical';
  try {
    const mail = {
      from,
      to: [...to],
      subject: subjectOf(message),
      text: `${textOf(message)}\n`,
      ...(urgent ? { priority: 'high' as const } : {}),
    };
    const { rejected } = await transport.sendMail(mail);
    return rejected.length === 0 ? ok(null) : err(`refused for ${rejected.length} of ${to.length} receivers`);
  } catch (error) {
    return err(error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : String(error));
  }
}
