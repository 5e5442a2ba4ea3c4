/** One contender of the bench `order-bytes` in a process of its own: a line on its Unix socket is an order to place, then to cancel; then it says so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { frame, LineSplitter } from '../../../shared/framing.ts';

export type Account = { readonly port: number; readonly apiKey: string; readonly secret: string };
/** `restMs`: from the answer to the order to its cancel. */
export type Wanted = { readonly id: string; readonly price: string; readonly size: string; readonly restMs: number };
/** Places the order and cancels it, one after the other; over when the venue has answered both. */
export type Trade = (wanted: Wanted) => Promise<void>;
type Main = { readonly open: (account: Account) => Promise<Trade> | Trade };

export class Contender implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #socket: Socket;

  private constructor(child: ChildProcess, socket: Socket) {
    this.#child = child;
    this.#socket = socket;
  }

  /** `nodeArgs` go before the script. */
  static async open(name: string, { dir, account, nodeArgs }: Options): Promise<Contender> {
    const path = join(dir, `${name}.sock`);
    const module = join(import.meta.dirname, `${name}.ts`);
    const child = spawn(process.execPath, [...nodeArgs, import.meta.filename, module, path, JSON.stringify(account)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (typeof message !== 'object') throw new Error(`The contender ${name} did not start`);
    return new Contender(child, createConnection(path));
  }

  async trade(wanted: Wanted): Promise<void> {
    this.#socket.write(frame({ type: 'place', ...wanted }));
    await once(this.#socket, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

type Options = { readonly dir: string; readonly account: Account; readonly nodeArgs: readonly string[] };

if (process.argv[1] === import.meta.filename) {
  const [module = '', path = '', account = ''] = process.argv.slice(2);
  const { open } = (await import(module)) as Main;
  const trade = await open(JSON.parse(account) as Account);
  createServer((socket) => {
    const splitter = new LineSplitter();
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk))
        if (line.kind === 'line') void trade(JSON.parse(line.text) as Wanted).then(() => socket.write(frame({ type: 'done' })));
    });
  }).listen(path, () => process.send?.({ kind: 'ready' }));
  process.once('disconnect', () => process.exit());
}
