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
import { contentOf } from '../account/statement.ts';
import { isFilledUnbooked, type LedgerOrder } from '../account/rows.ts';
import type { OnWritten, OrderRequest } from '../venues/venue.ts';
import type { Closer } from './closer.ts';
import { brainOrders, type Core, isBrains, rolesOf } from './core.ts';
import { checkOrder } from './guard.ts';
import { guardView } from './guard-view.ts';
import type { Stops } from './stop.ts';
import { Waiting } from './waiting.ts';

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

type Guarded = {
  readonly command: Place | Amend;
  readonly replaces: LedgerOrder | null;
  /** It has waited and its turn has come; others stand behind what waits. */
  readonly waited: boolean;
};

export class Desk {
  readonly #options: DeskOptions;
  readonly #core: Core;
  /** Demand above the venue's ceiling: the newest wish for each order. */
  readonly waiting: Waiting<Received>;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#core = options.core;
    this.waiting = new Waiting({
      core: options.core,
      judge: (place, received) => this.#judgeWaiting(place, received),
      amend: (amend, received) => this.#amendNow(amend, { received, waited: true }),
    });
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

  #judgeWaiting(place: Place, { client }: Received): Refused | null {
    const row = this.#core.keeper.ledger.order(place.clientId);
    if (!row) return refuse(place, 'unknown-order', `Cannot place order "${place.clientId}": the ledger does not know it`);
    return this.#checkSender(place, client) ?? this.#guard(requestOf(row), { command: place, replaces: row, waited: true });
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

  #place(place: Place, received: Received): Taken | Refused {
    const refused = this.#checkSender(place, received.client);
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
    const broken = this.#guard(request, { command: place, replaces: null, waited: false });
    const onWritten = this.#meter(place, received.at);
    if (broken?.code === 'budget' && this.waiting.put(place, received))
      return router.hold(request, onWritten) ? this.#taken(place.id) : this.#noLedger(place);
    if (broken) return broken;
    return router.place(request, { onWritten }) ? this.#taken(place.id) : this.#noLedger(place);
  }

  /** An amend that waits changes nothing yet: the order is shown as it rests, and a newer amend of it takes the place of this one. */
  #amend(amend: Amend, received: Received): Taken | Refused {
    const answer = this.#amendNow(amend, { received, waited: false });
    const waits = answer.type === 'refused' && answer.code === 'budget' && this.waiting.put(amend, received);
    return waits ? this.#taken(amend.id) : answer;
  }

  #amendNow(amend: Amend, { received, waited }: { readonly received: Received; readonly waited: boolean }): Taken | Refused {
    const refused = this.#checkSender(amend, received.client);
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
    const request = { clientId, symbol, side, kind, timeInForce, reduceOnly, price, size };
    const broken = this.#guard(request, { command: amend, replaces: row, waited });
    if (broken) return broken;
    return router.amend(row, { price, size, onWritten: this.#meter(amend, received.at) }) ? this.#taken(amend.id) : this.#noLedger(amend);
  }

  #guard(request: OrderRequest, { command, replaces, waited }: Guarded): Refused | null {
    if (this.#core.ledgerFault() !== null) return this.#noLedger(command);
    const { basedOn, ttlMs } = command;
    const { closer, stops } = this.#options;
    const { symbol } = request;
    const ofStops = { stopMissing: stops.isMissing(symbol), stops: stops.closingLots(symbol) };
    const view = guardView(this.#core, { request, basedOn, ttlMs, closing: closer.isClosing(symbol), ...ofStops });
    const broken = view && checkOrder({ request, replaces, view });
    if (!view) return refuse(command, 'unknown-symbol', `Cannot place order "${request.clientId}": ${request.symbol} is not configured`);
    if (broken) return refuse(command, broken.code, broken.sentence);
    return request.reduceOnly ? null : this.#holdBack(request, { command, waited });
  }

  /** Of what would open: the venue keeps refusing its kind, or others wait before it. */
  #holdBack(request: OrderRequest, { command, waited }: Pick<Guarded, 'command' | 'waited'>): Refused | null {
    const { router, clock, venue } = this.#core;
    const at = { now: clock.monoMs(), version: venue.instruments.get(request.symbol)?.version ?? '' };
    const kept = router.breaker.refusal({ ...request, what: command.type }, at);
    if (kept !== null) return refuse(command, 'rejections', `Cannot ${command.type} order "${request.clientId}": ${kept}`);
    if (waited || this.waiting.size === 0) return null;
    return refuse(command, 'budget', `Cannot ${command.type} order "${request.clientId}": ${this.waiting.size} wait for the order budget`);
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
    if (command.type === 'resume') router.breaker.clear();
    keeper.notice({ level: 'warn', message: command.type === 'pause' ? 'Paused' : 'Resumed', fields: {} });
    return this.#taken(command.id);
  }

  #meter({ basedOn }: Place | Amend, receivedAt: MonoMs): OnWritten {
    const { latency, seqs, identity } = this.#core;
    const frameAt = basedOn.epoch === identity.epoch ? (seqs.find(basedOn.seq)?.newestFrameAt ?? null) : null;
    return (writtenAt, via = 'rest') => {
      latency.command.add(writtenAt - receivedAt);
      latency.calls.written(writtenAt - receivedAt, via);
      if (frameAt !== null) latency.frameToOrder.add(writtenAt - frameAt);
    };
  }

  #taken(id: number): Taken {
    return { id, type: 'taken', seq: this.#core.seqs.seq + 1 };
  }
}

const requestOf = ({ clientId, symbol, side, kind, timeInForce, reduceOnly, order }: LedgerOrder): OrderRequest => ({
  ...{ clientId, symbol, side, kind, timeInForce, reduceOnly },
  ...{ price: order.price, size: order.size },
});

export const refuse = ({ id }: { readonly id: number | null }, code: Refusal, sentence: string): Refused => ({
  id,
  type: 'refused',
  code,
  sentence,
});
