/** What a person does at a running gateway: looks at its whole book, and resumes what only a person may. */
import { join } from 'node:path';
import { FullBook } from '../../shared/command.ts';
import { GatewayClient, type Request } from '../../shared/io/gateway-client.ts';
import { simAccountDir } from '../start/effective.ts';

export class Person {
  readonly #path: string;

  constructor(runDir: string) {
    this.#path = join(simAccountDir(runDir), 'operator.sock');
  }

  /** Lifts pause, emergency stop and halted symbols; false while no gateway answers. */
  async resume(): Promise<boolean> {
    return (await this.#ask({ type: 'resume' }))?.type === 'taken';
  }

  /** Null while no gateway answers. */
  async book(symbol: string): Promise<FullBook | null> {
    const answer = await this.#ask({ type: 'query', what: 'book', symbol });
    const read = FullBook.safeParse(answer?.type === 'data' ? answer.data : null);
    return read.success ? read.data : null;
  }

  async #ask(request: Request) {
    const connected = await GatewayClient.connect({
      path: this.#path,
      role: 'operator',
      environment: 'sim',
      name: 'soak',
      timeoutMs: 2_000,
    });
    if (!connected.ok) return null;
    await using client = connected.value;
    return await client.request(request);
  }
}
