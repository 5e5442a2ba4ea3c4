/**
 * The watchdog at work. It acts only where a gateway has run, has not ended in order, and has given no sign of life by any way for as long
 * as configured; and before it flattens it writes the file PANIC, so that a gateway that wakes up or is started meanwhile stops by itself
 * and stays stopped until a person resumes: two that close at once only ever reduce, and nobody opens beside them. A gateway that takes
 * the file lives, and is left to do it. The policy `cancel` needs no such fence: what a gateway finds cancelled it sees at the venue.
 *
 * The alerts' sender lives here and not in the gateway: it must speak when the gateway is dead, no key of a channel belongs beside orders,
 * and a channel that hangs, or a library that does, cannot hold up a process it is not in.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { Log } from '../../shared/log.ts';
import { PANIC_FILE, writePanic } from '../../shared/panic-file.ts';
import type { Header } from '../../shared/snapshot.ts';
import type { AlertDesk } from '../alerts/desk.ts';
import { durationText } from '../alerts/incidents.ts';
import type { Outbox } from '../alerts/outbox.ts';
import { OF_THE_BRAIN, OF_THE_HEADER, statesOf } from '../alerts/rules.ts';
import { isLocked } from '../lib/gateway-life.ts';
import type { Eyes, Sighting } from './eyes.ts';
import type { VenueWatch } from './venue-watch.ts';
import { Vitals } from './vitals.ts';

export type WatchdogParts = {
  readonly config: Config;
  readonly accountDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly eyes: Eyes;
  /** Null where there is no account at a venue (paper). */
  readonly venue: VenueWatch | null;
  readonly desk: AlertDesk;
  readonly outbox: Outbox;
};

/** A gateway that only slept takes the file PANIC within this long. */
const GRACE_MS = 2_000;
const GRACE_LOOK_MS = 50;
/** Between two looks at what a dead gateway left. */
const AGAIN_MS = 10_000;
/** A header that no sign has followed for so many looks tells nothing of now. */
const YOUNG_LOOKS = 3;

export class WatchdogRun {
  readonly #parts: WatchdogParts;
  readonly #vitals: Vitals;
  #acting = false;
  #actAgainAt = 0;
  /** What was found of a dead gateway's at the venue, in words. */
  #found = 'what it left is not known yet';
  #known: Pick<Header, 'epoch' | 'brainEpoch'> | null = null;
  acts = 0;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    const { lookMs, silenceMs } = parts.config.watchdog;
    this.#vitals = new Vitals({ lookMs, silenceMs });
  }

  get silentMs(): number {
    return this.#vitals.silentMs;
  }

  /** One look, and whatever follows from it. Called once a period. */
  async look(): Promise<void> {
    const { eyes, clock, venue, desk, outbox, config } = this.#parts;
    const sighting = await eyes.look();
    const now = clock.monoMs();
    this.#vitals.look({ sign: sighting.sign, now });
    this.#tellEvents(sighting);
    const dead = this.#isDead(sighting);
    if (dead && !this.#acting && now >= this.#actAgainAt) void this.#act();
    if (!dead) [this.#found, this.#actAgainAt] = ['what it left is not known yet', 0];
    if (!this.#acting) void venue?.prove(now);
    const header = this.#vitals.silentMs <= YOUNG_LOOKS * config.watchdog.lookMs ? sighting.header : null;
    const gatewayDead = dead ? `no sign of life for ${durationText(this.#vitals.silentMs)}; ${this.#found}` : null;
    const risk = header === null ? null : sighting.risk;
    const seen = statesOf({ header, risk, gatewayDead, venueFault: venue?.fault ?? null, failing: outbox.failing() }, config.alerts);
    desk.tick({ seen, blind: [...(header === null ? OF_THE_HEADER : []), ...(risk === null ? OF_THE_BRAIN : [])] });
  }

  #isDead({ life }: Sighting): boolean {
    return this.#vitals.isDead && life?.state === 'running';
  }

  #tellEvents({ alarms, header }: Sighting): void {
    const { desk, log } = this.#parts;
    for (const { code, symbol, sentence } of alarms) {
      log.info({ code, symbol, sentence }, 'Alarm of the gateway');
      desk.event({ code, symbol, sentence });
    }
    if (header === null) return;
    const { epoch, brainEpoch } = header;
    const before = this.#known;
    this.#known = { epoch, brainEpoch: brainEpoch || (before?.brainEpoch ?? 0) };
    if (before === null) return;
    const sentence =
      epoch !== before.epoch
        ? `the gateway was started anew (epoch ${epoch})`
        : brainEpoch !== 0 && before.brainEpoch !== 0 && brainEpoch !== before.brainEpoch
          ? `the brain was started anew (epoch ${brainEpoch})`
          : null;
    if (sentence !== null) desk.event({ code: 'restart', symbol: null, sentence });
  }

  async #act(): Promise<void> {
    this.#acting = true;
    try {
      await this.#actByPolicy();
    } catch (error) {
      this.#parts.log.error({ error: error instanceof Error ? error.message : String(error) }, 'The watchdog could not act');
    }
    this.#acting = false;
    this.#actAgainAt = this.#parts.clock.monoMs() + AGAIN_MS;
  }

  async #actByPolicy(): Promise<void> {
    const { venue, config, log } = this.#parts;
    const there = (await venue?.inspect()) ?? null;
    this.#found =
      there === null
        ? `what it left cannot be read${venue?.fault ? `: ${venue.fault.replaceAll('\n', '; ')}` : ''}`
        : there.left.length === 0
          ? 'it left nothing at the exchange'
          : `left at the exchange: ${there.left.join('; ')}`;
    log.warn({ silentMs: this.#vitals.silentMs, found: this.#found, policy: config.watchdog.policy }, 'Gateway is dead');
    if (there === null || there.left.length === 0 || venue === null) return;
    const { policy } = config.watchdog;
    if (policy === 'alert' || !this.#vitals.isDead) return;
    if (policy === 'cancel' && there.counts.orders === 0) return;
    if (policy === 'flatten' && !(await this.#fence())) return;
    this.acts++;
    const done = await venue.act({ positions: policy === 'flatten', mayGoOn: () => this.#vitals.isDead });
    const what = policy === 'flatten' ? 'cancel and flatten' : 'cancel';
    const end =
      done === null ? 'the exchange cannot be reached' : done.flat ? 'confirmed by the exchange' : `left: ${done.left.join('; ')}`;
    log.warn({ policy, end, symbols: done?.symbols }, 'The watchdog has acted');
    this.#parts.desk.event({
      code: 'watchdog-acted',
      symbol: null,
      sentence: `the gateway was dead with ${there.left.join('; ')}: ${what}: ${end}`,
    });
  }

  /** False: a gateway has taken the file, so it lives and stops by itself. */
  async #fence(): Promise<boolean> {
    const { accountDir, clock, log } = this.#parts;
    const file = join(accountDir, PANIC_FILE);
    try {
      writeFileSync(
        `${file}.new`,
        writePanic({ reason: `watchdog: no sign of life for ${durationText(this.#vitals.silentMs)}`, everything: false }),
      );
      renameSync(`${file}.new`, file); // never an empty one, whose reason would be lost
    } catch (error) {
      log.error(
        { file, problem: error instanceof Error ? error.message : String(error) },
        'The file that stops a gateway cannot be written',
      );
      return true; // the position is worse than a gateway that may come back beside us
    }
    if (!isLocked(accountDir)) return true;
    for (let waitedMs = 0; waitedMs < GRACE_MS; waitedMs += GRACE_LOOK_MS) {
      if (!existsSync(file)) {
        log.warn({}, 'The gateway lives after all and has taken the stop itself');
        return false;
      }
      await clock.sleep(GRACE_LOOK_MS);
    }
    return true;
  }
}
