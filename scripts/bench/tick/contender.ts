/** One contender of the tick bench in a process of its own, told over IPC when it may trade. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Where it trades, and in whose name. */
export type Account = { readonly port: number; readonly dir: string; readonly apiKey: string; readonly secret: string };
type Main = { readonly run: (account: Account, isOn: () => boolean) => Promise<void> };

export class Contender implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(module: string, account: Account) {
    this.#child = spawn(process.execPath, [import.meta.filename, module, JSON.stringify(account)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  turn(on: boolean): void {
    this.#child.send({ on });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

if (process.argv[1] === import.meta.filename) {
  let on = false;
  process.on('message', (message: { readonly on: boolean }) => {
    on = message.on;
  });
  process.once('disconnect', () => process.exit());
  const { run } = (await import(process.argv[2] ?? '')) as Main;
  await run(JSON.parse(process.argv[3] ?? '') as Account, () => on);
}
