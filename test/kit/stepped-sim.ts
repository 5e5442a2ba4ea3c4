/** A simulator whose time moves only when told, and a fence that makes sure that everything it sent has arrived. */
import { openTestSim, type SimClient, type Socket } from './sim-client.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import type { SimulatorOptions } from '../../scripts/sim/simulator.ts';

export class SteppedSim {
  readonly client: SimClient;
  readonly #sockets: Socket[] = [];

  private constructor(client: SimClient) {
    this.client = client;
  }

  static async open(over: Partial<SimulatorOptions> = {}): Promise<SteppedSim> {
    return new SteppedSim(await openTestSim({ steppedFromMs: STEPPED_START_MS, ...over }));
  }

  async socket(path: string): Promise<Socket> {
    const socket = await this.client.open(path);
    this.#sockets.push(socket);
    return socket;
  }

  /** The user stream of the default account. */
  async user(): Promise<Socket> {
    const socket = await this.client.user();
    this.#sockets.push(socket);
    return socket;
  }

  /** Moves time on; resolves when every message of it has been received. */
  async advance(ms: number): Promise<void> {
    await this.client.admin('/sim/advance', { ms });
    await this.settle();
  }

  /** A socket hands on its messages in order: the answer to a ping comes after all that was sent before it. */
  async settle(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.fence()));
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
