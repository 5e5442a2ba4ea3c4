/**
 * Commands in, answers out: who may ask for what, the guard's view of the moment, and the one way from a command to the router. An order
 * is answered `taken` when it is in the ledger and on its way; what became of it is read in later snapshots.
 */
import type {
  Amend,
  Answer,
  Batch,
  Cancel,
  ClosePosition,
  Command,
  EmergencyStop,
  Heartbeat,
  Hello,
  Place,
  Query,
  Refusal,
  Refused,
  Taken,
  Welcome,
} from '../../shared/command.ts';
import { parseClientId } from '../../shared/client-id.ts';
import { parsePrice, parseSize } from '../../shared/instrument.ts';
import { hasEnded } from '../../shared/order.ts';
import { SCHEMA_VERSION } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import { contentOf } from '../account/ledger.ts';
import { isFilledUnbooked, type LedgerOrder } from '../account/rows.ts';
import type { OnWritten, OrderRequest } from '../venues/venue.ts';
import type { Closer } from './closer.ts';
import { brainOrders, type Core, isBrains, rolesOf } from './core.ts';
import { checkOrder } from './guard.ts';
import { guardView } from './guard-view.ts';
import type { Stops } from './stop.ts';

/** One connection, as the command server keeps it. `epoch` is granted at hello. */
export type Client = {
  readonly id: number;
  readonly socket: 'brain' | 'operator';
  role: 'brain' | 'operator' | 'observer' | null;
  epoch: number;
};
export type Received = {
  readonly client: Client;
  readonly at: MonoMs /** The process stood still while it waited. */;
  readonly stalled: boolean;
};
export type DeskOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly grantEpoch: () => number | null;
  readonly answerQuery: (query: Query) => unknown;
};

export class Desk {
  readonly #options: DeskOptions;
  readonly #core: Core;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#core = options.core;
  }

  handle(command: Command, received: Received): Answer {
    const { client } = received;
    if (command.type === 'hello') return this.#hello(command, client);
    if (client.role === null) return refuse(command, 'no-hello', 'Cannot take a command before hello');
    if (client.role === 'observer' && command.type !== 'query' && command.type !== 'subscribe')
      return refuse(command, 'not-allowed', `Cannot take "${command.type}" from an observer: only query and subscribe`);
    return this.#dispatch(command, received);
  }

  /** The connection is gone; a brain keeps its lease until it runs out or another brain comes. */
  closed(client: Client): void {
    this.#core.lease.closed(client.id);
  }

  #dispatch(command: Exclude<Command, Hello>, received: Received): Answer {
    switch (command.type) {
      case 'place':
      case 'amend':
      case 'cancel':
        return this.#single(command, received);
      case 'batch':
        return this.#batch(command, received);
      case 'cancelAll':
        return this.#cancelAll(command, received.client);
      case 'closePosition':
        return this.#close(command, received.client);
      case 'heartbeat':
        return this.#heartbeat(command, received);
      case 'query':
        return { id: command.id, type: 'data', data: this.#options.answerQuery(command) };
      case 'subscribe':
        return this.#taken(command.id);
      case 'emergencyStop':
        return this.#stop(command);
      case 'pause':
      case 'resume':
        return this.#setPaused(command, received.client);
      default:
        throw new Error(`Cannot dispatch: ${JSON.stringify(command satisfies never)}`);
    }
  }

  #single(command: Place | Amend | Cancel, received: Received): Taken | Refused {
    if (command.type === 'cancel') return this.#cancel(command, received.client);
    if (received.stalled)
      return refuse(command, 'stalled', `Cannot take "${command.type}" ${command.clientId}: the gateway stood still while it waited`);
    return command.type === 'place' ? this.#place(command, received) : this.#amend(command, received);
  }

  #hello(hello: Hello, client: Client): Answer {
    const { identity, lease, clock, seqs, config } = this.#core;
    const { environment, accountHash, configHash, epoch } = identity;
    const differs = hello.configHash === undefined ? hello.role === 'brain' : hello.configHash !== configHash;
    if (hello.environment !== environment)
      return refuse(hello, 'wrong-environment', `Cannot greet a client of environment "${hello.environment}": this is "${environment}"`);
    if (differs)
      return refuse(
        hello,
        'wrong-config',
        `Cannot greet a client with config ${hello.configHash ?? 'unnamed'}: this gateway runs ${configHash}`,
      );
    if (hello.role !== 'observer' && hello.role !== client.socket)
      return refuse(hello, 'not-allowed', `Cannot be ${hello.role} on this socket: it is the ${client.socket}'s`);
    if (hello.role === 'brain' && lease.taken && !lease.holds({ connection: client.id, epoch: client.epoch }))
      return refuse(hello, 'brain-present', `Cannot grant a lease: brain ${lease.epoch} is alive`);
    const granted = hello.role === 'observer' ? 0 : this.#options.grantEpoch();
    if (granted === null && hello.role === 'brain')
      return refuse(hello, 'ledger-unavailable', 'Cannot grant an epoch: the ledger cannot be written');
    [client.role, client.epoch] = [hello.role, granted ?? 0];
    if (hello.role === 'brain') this.#grant(client, clock.monoMs());
    const welcome = {
      schema: SCHEMA_VERSION,
      environment,
      accountHash,
      configHash,
      epoch,
      brainEpoch: client.epoch,
      leaseMs: config.gateway.leaseMs,
    } as const;
    return { id: hello.id, type: 'taken', seq: seqs.seq + 1, welcome } satisfies Welcome;
  }

  /** Whatever an earlier brain left is cancelled: the new one starts from an empty book of its own. */
  #grant(client: Client, now: MonoMs): void {
    const { lease, router, keeper } = this.#core;
    lease.grant({ connection: client.id, epoch: client.epoch }, now);
    const left = brainOrders(this.#core);
    keeper.notice({ level: 'info', message: 'Lease granted', fields: { brainEpoch: client.epoch, ordersLeftBefore: left.length } });
    if (left.length > 0) router.cancel(left);
  }

  #place(place: Place, { client, at }: Received): Taken | Refused {
    const refused = this.#checkSender(place, client);
    if (refused) return refused;
    const { venue, keeper, router } = this.#core;
    const instrument = venue.instruments.get(place.symbol);
    if (!instrument)
      return refuse(place, 'unknown-symbol', `Cannot place order "${place.clientId}": ${place.symbol} is not among the configured symbols`);
    const price = place.price === undefined ? null : parsePrice(instrument, place.price);
    const size = parseSize(instrument, place.size);
    if (size === null || (place.price !== undefined && price === null))
      return refuse(
        place,
        'filter',
        `Cannot place order "${place.clientId}": ${size === null ? `size ${place.size} is off step ${instrument.stepSize}` : `price ${place.price} is off tick ${instrument.tickSize}`}`,
      );
    const { clientId, symbol, side, kind, timeInForce, reduceOnly } = place;
    const request: OrderRequest = { clientId, symbol, side, kind, timeInForce, reduceOnly, price, size };
    const known = keeper.ledger.order(clientId);
    if (known)
      return known.content === contentOf(request)
        ? this.#taken(place.id)
        : refuse(place, 'id-reused', `Cannot place order "${clientId}": that id belongs to another order`);
    const broken = this.#guard(request, { command: place, replaces: null });
    if (broken) return broken;
    return router.place(request, { onWritten: this.#meter(place, at) }) ? this.#taken(place.id) : this.#noLedger(place);
  }

  #amend(amend: Amend, { client, at }: Received): Taken | Refused {
    const refused = this.#checkSender(amend, client);
    if (refused) return refused;
    const { venue, keeper, router } = this.#core;
    const row = keeper.ledger.order(amend.clientId);
    const instrument = row && venue.instruments.get(row.symbol);
    if (!row || !instrument) return refuse(amend, 'unknown-order', `Cannot amend order "${amend.clientId}": the ledger does not know it`);
    if (hasEnded(row.order.status))
      return refuse(amend, 'order-ended', `Cannot amend order "${amend.clientId}": it is ${row.order.status}`);
    if (isFilledUnbooked(row))
      return refuse(
        amend,
        'order-busy',
        `Cannot amend order "${amend.clientId}": the venue says that it is filled, its fills are on their way`,
      );
    if ((row.order.status !== 'open' && row.order.status !== 'partially-filled') || router.isUnwanted(row.clientId))
      return refuse(amend, 'order-busy', `Cannot amend order "${amend.clientId}": it is ${row.order.status}, and waits for the venue`);
    const [price, size] = [parsePrice(instrument, amend.price), parseSize(instrument, amend.size)];
    if (price === null || size === null || size <= row.order.filled)
      return refuse(
        amend,
        'filter',
        `Cannot amend order "${amend.clientId}": price ${amend.price} or size ${amend.size} is off step or already filled`,
      );
    const { clientId, symbol, side, kind, timeInForce, reduceOnly } = row;
    const broken = this.#guard({ clientId, symbol, side, kind, timeInForce, reduceOnly, price, size }, { command: amend, replaces: row });
    if (broken) return broken;
    return router.amend(row, { price, size, onWritten: this.#meter(amend, at) }) ? this.#taken(amend.id) : this.#noLedger(amend);
  }

  #guard(
    request: OrderRequest,
    { command, replaces }: { readonly command: Place | Amend; readonly replaces: LedgerOrder | null },
  ): Refused | null {
    if (this.#core.ledgerFault() !== null) return this.#noLedger(command);
    const { basedOn, ttlMs } = command;
    const { closer, stops } = this.#options;
    const [closing, stopMissing] = [closer.isClosing(request.symbol), stops.isMissing(request.symbol)];
    const view = guardView(this.#core, { request, basedOn, ttlMs, closing, stopMissing });
    const broken = view && checkOrder({ request, replaces, view });
    if (!view) return refuse(command, 'unknown-symbol', `Cannot place order "${request.clientId}": ${request.symbol} is not configured`);
    return broken ? refuse(command, broken.code, broken.sentence) : null;
  }

  #noLedger(command: Place | Amend): Refused {
    const why = this.#core.ledgerFault() ?? 'the row could not be written';
    return refuse(command, 'ledger-unavailable', `Cannot take order "${command.clientId}": ledger is unavailable (${why})`);
  }

  /** The id must be the sender's own: role and epoch are in it. */
  #checkSender(command: Place | Amend, client: Client): Refused | null {
    const { clientId } = command;
    const parts = parseClientId(clientId);
    const role = client.role === 'brain' ? 'brain' : 'operator';
    if (role === 'brain' && !this.#core.lease.holds({ connection: client.id, epoch: client.epoch }))
      return refuse(command, 'no-lease', `Cannot take order "${clientId}": this brain's lease has ended`);
    if (!parts || !rolesOf(role).has(parts.role))
      return refuse(command, 'bad-id', `Cannot take order "${clientId}": it is not a client id of the ${role}`);
    if (parts.epoch !== client.epoch)
      return refuse(command, 'stale-epoch', `Cannot take order "${clientId}": its epoch is ${parts.epoch}, granted is ${client.epoch}`);
    return null;
  }

  #cancel(cancel: Cancel, client: Client): Taken | Refused {
    const { keeper, router } = this.#core;
    const row = keeper.ledger.order(cancel.clientId);
    if (!row) return refuse(cancel, 'unknown-order', `Cannot cancel order "${cancel.clientId}": the ledger does not know it`);
    if (client.role === 'brain' && !isBrains(row))
      return refuse(cancel, 'not-allowed', `Cannot cancel order "${cancel.clientId}": it is not a brain's`);
    if (hasEnded(row.order.status))
      return refuse(cancel, 'order-ended', `Cannot cancel order "${cancel.clientId}": it is ${row.order.status}`);
    const old = client.role === 'brain' && !this.#core.lease.holds({ connection: client.id, epoch: client.epoch });
    if (old && parseClientId(cancel.clientId)?.epoch !== client.epoch)
      return refuse(cancel, 'no-lease', `Cannot cancel order "${cancel.clientId}": without a lease a brain may cancel its own only`);
    router.cancel([cancel.clientId]);
    return this.#taken(cancel.id);
  }

  #cancelAll(command: Extract<Command, { type: 'cancelAll' }>, client: Client): Taken {
    const { keeper, router } = this.#core;
    const mine = keeper.ledger.openOrders(command.symbol).filter((row) => (client.role === 'brain' ? isBrains(row) : row.role !== 'close'));
    router.cancel(mine.map(({ clientId }) => clientId));
    return this.#taken(command.id);
  }

  #close({ id, symbol, reason, ladder }: ClosePosition, client: Client): Taken | Refused {
    const { venue, lease } = this.#core;
    if (!venue.instruments.has(symbol))
      return refuse({ id }, 'unknown-symbol', `Cannot close ${symbol}: it is not among the configured symbols`);
    if (client.role === 'brain' && !lease.holds({ connection: client.id, epoch: client.epoch }))
      return refuse({ id }, 'no-lease', `Cannot close ${symbol}: this brain's lease has ended`);
    this.#options.closer.start({ symbol, reason, ladder });
    return this.#taken(id);
  }

  #batch(batch: Batch, received: Received): Answer {
    return { id: batch.id, type: 'batch', answers: batch.commands.map((command) => this.#single(command, received)) };
  }

  #heartbeat({ id, processed }: Heartbeat, { client, at }: Received): Taken | Refused {
    const alive =
      client.role === 'brain' && this.#core.lease.heartbeat({ connection: client.id, epoch: client.epoch }, { processed, now: at });
    return alive ? this.#taken(id) : refuse({ id }, 'no-lease', 'Cannot take a heartbeat: this connection holds no lease');
  }

  /** Cancel, flatten, stay stopped. `everything` takes orders of others with it. */
  #stop({ id, reason, everything }: EmergencyStop): Taken {
    const { modes, router, keeper, venue } = this.#core;
    modes.stop(reason);
    keeper.notice({ level: 'warn', message: 'Emergency stop', fields: { reason, everything: everything === true } });
    router.cancel(
      keeper.ledger
        .openOrders()
        .filter(({ role }) => role !== 'close')
        .map(({ clientId }) => clientId),
    );
    for (const symbol of venue.instruments.keys()) {
      const foreign = everything ? keeper.ledger.foreignOrders(symbol).map(({ clientId }) => clientId) : [];
      if (foreign.length > 0) void venue.orders.cancelMany({ symbol, clientIds: foreign });
      this.#options.closer.start({ symbol, reason: `emergency stop: ${reason}`, ladder: 'taker' });
    }
    return this.#taken(id);
  }

  #setPaused(command: Extract<Command, { type: 'pause' | 'resume' }>, client: Client): Taken | Refused {
    const { modes, router, keeper } = this.#core;
    if (client.socket !== 'operator' || client.role !== 'operator')
      return refuse(command, 'not-allowed', `Cannot ${command.type}: only an operator on the operator's socket may`);
    if (command.type === 'resume' && !modes.resume())
      return refuse(command, 'ledger-unavailable', 'Cannot resume: the ledger cannot be written');
    if (command.type === 'pause') {
      modes.pause(command.reason ?? '');
      router.cancel(brainOrders(this.#core));
    }
    keeper.notice({ level: 'warn', message: command.type === 'pause' ? 'Paused' : 'Resumed', fields: {} });
    return this.#taken(command.id);
  }

  #meter({ basedOn }: Place | Amend, receivedAt: MonoMs): OnWritten {
    const { latency, seqs, identity } = this.#core;
    const frameAt = basedOn.epoch === identity.epoch ? (seqs.find(basedOn.seq)?.newestFrameAt ?? null) : null;
    return (writtenAt) => {
      latency.command.add(writtenAt - receivedAt);
      if (frameAt !== null) latency.frameToOrder.add(writtenAt - frameAt);
    };
  }

  #taken(id: number): Taken {
    return { id, type: 'taken', seq: this.#core.seqs.seq + 1 };
  }
}

export const refuse = ({ id }: { readonly id: number | null }, code: Refusal, sentence: string): Refused => ({
  id,
  type: 'refused',
  code,
  sentence,
});
