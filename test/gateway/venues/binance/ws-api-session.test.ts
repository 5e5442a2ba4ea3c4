import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultOfAnswer } from '../../../../gateway/venues/binance/faults.ts';
import { type LineAction, LINES, type Line, WsApiPair } from '../../../../gateway/venues/binance/ws-api-pair.ts';
import type { SessionInput } from '../../../../gateway/venues/binance/ws-api-session.ts';
import type { HttpOutcome } from '../../../../gateway/venues/transport.ts';
import { monoMs } from '../../../../shared/units.ts';

const TIMEOUT_MS = 3_000;
const SILENCE_MS = 5_000;
const LIFE_MS = 3_600_000;
const IN_FLIGHT_MAX = 4;

const replyTo = (id: string, status = 200, error: unknown = undefined): string =>
  JSON.stringify(status === 200 ? { id, status, result: { n: id } } : { id, status, error });

/** Both connections with a driver's bookkeeping: what was written where, and how each request ended. */
class Bench {
  readonly pair = new WsApiPair({
    timeoutMs: TIMEOUT_MS,
    silenceMs: SILENCE_MS,
    lifeMs: LIFE_MS,
    inFlightMax: IN_FLIGHT_MAX,
    retryMs: (failures) => failures * 100,
    judge: (answer) => faultOfAnswer(answer, { venueNowMs: 0 }),
  });
  readonly ends = new Map<string, HttpOutcome[]>();
  readonly taken: { readonly id: string; readonly line: Line }[] = [];
  readonly logons: Record<Line, string> = { 0: '', 1: '' };
  readonly open: Record<Line, boolean> = { 0: false, 1: false };
  readonly actions: LineAction[] = [];
  nowMs = 0;

  /** As the driver does it: a close is followed by `closed` in the same turn, and never by anything of the old socket. */
  feed(line: Line, input: SessionInput): void {
    for (const action of this.pair.handle(line, input, monoMs(this.nowMs))) {
      this.actions.push(action);
      if (action.kind === 'settle') this.ends.set(action.id, [...(this.ends.get(action.id) ?? []), action.outcome]);
      if (action.kind === 'log-on') this.logons[line] = action.id;
      if (action.kind === 'close') this.cut(action.line);
    }
  }

  cut(line: Line): void {
    if (!this.open[line]) return;
    this.open[line] = false;
    this.feed(line, { kind: 'closed', sentence: 'ECONNRESET' });
  }

  connect(line: Line): void {
    if (this.open[line]) return;
    this.open[line] = true;
    this.feed(line, { kind: 'opening' });
    this.feed(line, { kind: 'opened' });
  }

  ready(line: Line): this {
    this.connect(line);
    this.frame(line, replyTo(this.logons[line]));
    return this;
  }

  frame(line: Line, text: string): void {
    if (this.open[line]) this.feed(line, { kind: 'frame', text });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const line of LINES) this.feed(line, { kind: 'tick' });
  }

  take(): string | null {
    const taken = this.pair.take(monoMs(this.nowMs), (line) => this.open[line]);
    if (taken) this.taken.push(taken);
    return taken?.id ?? null;
  }

  count(kind: LineAction['kind']): number {
    return this.actions.filter((action) => action.kind === kind).length;
  }
}

const taken = (bench: Bench): string => {
  const id = bench.take();
  if (id === null) throw new Error('Nothing was taken');
  return id;
};
const UNANSWERED = { kind: 'unanswered', via: 'websocket' };

describe('WsApiPair', () => {
  test('takes nothing before a logon is accepted, and again only after a new one', () => {
    const bench = new Bench();
    bench.connect(0);
    expect([bench.pair.at(0), bench.take()]).toEqual(['logging-on', null]);
    bench.frame(0, replyTo(bench.logons[0]));
    expect([bench.pair.at(0), bench.take()]).toEqual(['ready', 'a2']);
    bench.cut(0);
    bench.connect(0);
    expect(bench.take()).toBeNull();
    bench.ready(1);
    expect(taken(bench)).toMatch(/^b/);
  });

  test('answers by id, in any order; a second and a late reply are for nobody', () => {
    const bench = new Bench().ready(0);
    const ids = [taken(bench), taken(bench), taken(bench)];
    for (const id of ids.toReversed()) bench.frame(0, replyTo(id));
    for (const id of ids) expect(bench.ends.get(id)).toEqual([{ kind: 'answer', status: 200, headers: new Map(), text: `{"n":"${id}"}` }]);
    bench.frame(0, replyTo(ids[0] ?? ''));
    bench.frame(0, replyTo('a99'));
    expect(bench.count('stray')).toBe(2);
    expect(bench.ends.size).toBe(3);
  });

  test('never has more on its way than allowed on each connection', () => {
    const bench = new Bench().ready(0).ready(1);
    const lines = Array.from({ length: 3 * IN_FLIGHT_MAX }, () => bench.take()).map((id) => id?.slice(0, 1) ?? null);
    expect(lines).toEqual([...Array(4).fill('a'), ...Array(4).fill('b'), ...Array(4).fill(null)]);
  });

  test('a reply that is overdue ends unknown, and its connection takes nothing more; the rest of it is still heard', () => {
    const bench = new Bench().ready(0).ready(1);
    const late = taken(bench);
    bench.pass(TIMEOUT_MS - 1);
    const younger = taken(bench);
    bench.pass(1);
    expect(bench.ends.get(late)).toMatchObject([{ ...UNANSWERED, timedOut: true }]);
    expect([bench.pair.at(0), bench.ends.get(younger)]).toEqual(['draining', undefined]);
    expect(taken(bench)).toMatch(/^b/);
    bench.frame(0, replyTo(late));
    bench.frame(0, replyTo(younger));
    expect(bench.ends.get(late)).toHaveLength(1);
    expect(bench.ends.get(younger)).toMatchObject([{ kind: 'answer' }]);
    expect(bench.pair.at(0)).toBe('idle');
  });

  test('a cut ends what was on its way there, and there alone; replies of the old connection come too late', () => {
    const bench = new Bench().ready(0);
    const first = taken(bench);
    bench.ready(1);
    bench.cut(0);
    const second = taken(bench);
    expect(bench.ends.get(first)).toMatchObject([{ ...UNANSWERED, timedOut: false, sentence: expect.stringMatching(/ECONNRESET/) }]);
    bench.ready(0);
    bench.frame(0, replyTo(first));
    bench.frame(1, replyTo(second));
    expect(bench.ends.get(first)).toHaveLength(1);
    expect(bench.ends.get(second)).toMatchObject([{ kind: 'answer' }]);
  });

  test.each([
    ['a refused key', 401, { code: -2015, msg: 'Invalid API-key' }, 60_000],
    ['a key of another type', 400, { code: -4056, msg: 'HMAC_SHA256 API key is not supported.' }, 60_000],
    ['a ban', 418, { code: -1003, msg: 'banned until 1000000100000' }, 1_000_000_100_000],
    ['a wrong clock', 400, { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' }, 0],
    ['an unknown failure', 500, undefined, 0],
  ])('logs on again after %s, in its time', (_name, status, error, delayMs) => {
    const bench = new Bench();
    bench.connect(0);
    bench.frame(0, replyTo(bench.logons[0], status, error));
    expect(bench.count('logon-refused')).toBe(1);
    expect(bench.count('close')).toBe(1);
    expect(bench.actions.find(({ kind }) => kind === 'open-after')).toMatchObject({ delayMs });
    expect(bench.take()).toBeNull();
  });

  test('a connection that the venue has logged off is given up, and what it refused counts as not sent', () => {
    const bench = new Bench().ready(0);
    const id = taken(bench);
    bench.frame(0, replyTo(id, 401, { code: -2014, msg: 'API-key format invalid.' }));
    expect(bench.ends.get(id)).toMatchObject([{ kind: 'unsent' }]);
    expect([bench.pair.at(0), bench.take()]).toEqual(['idle', null]);
  });

  test.each([
    ['an opening', ['opening'], SILENCE_MS],
    ['a logon', ['opening', 'opened'], TIMEOUT_MS],
  ] as const)('gives up %s that is not answered', (_name, inputs, limitMs) => {
    const bench = new Bench();
    bench.open[0] = true;
    for (const kind of inputs) bench.feed(0, { kind });
    bench.pass(limitMs - 1);
    expect(bench.pair.at(0)).not.toBe('idle');
    bench.pass(1);
    expect(bench.pair.at(0)).toBe('idle');
  });

  test('asks a quiet connection whether it lives, and gives it up without a pong', () => {
    const bench = new Bench().ready(0);
    bench.pass(SILENCE_MS);
    expect(bench.count('ping')).toBe(1);
    bench.feed(0, { kind: 'pong' });
    bench.pass(SILENCE_MS);
    expect([bench.count('ping'), bench.pair.at(0)]).toEqual([2, 'ready']);
    bench.pass(SILENCE_MS);
    expect(bench.pair.at(0)).toBe('idle');
  });

  test('waits longer after each connection that did not serve for long, and not at all after one that did', () => {
    const bench = new Bench();
    const delays = [0, 0, 20_000].map((servedMs) => {
      bench.ready(0);
      for (let ms = 0; ms < servedMs; ms += 1_000) {
        bench.pass(1_000);
        bench.feed(0, { kind: 'pong' });
      }
      bench.cut(0);
      const last = bench.actions.findLast(({ kind }) => kind === 'open-after');
      return last?.kind === 'open-after' ? last.delayMs : null;
    });
    expect(delays).toEqual([0, 100, 0]);
  });

  test('replaces one aged connection at a time, and only while the other stands', () => {
    const bench = new Bench().ready(0);
    const alive = (ms: number): void => {
      bench.nowMs += ms;
      for (const line of LINES) bench.feed(line, { kind: 'pong' });
      for (const line of LINES) bench.feed(line, { kind: 'tick' });
      for (const line of LINES) bench.feed(line, { kind: 'pong' });
    };
    alive(LIFE_MS);
    expect(bench.pair.at(0)).toBe('ready');
    const onItsWay = taken(bench);
    bench.ready(1);
    alive(1);
    expect([bench.pair.at(0), taken(bench).slice(0, 1)]).toEqual(['draining', 'b']);
    bench.frame(0, replyTo(onItsWay));
    expect([bench.pair.at(0), bench.pair.isUp]).toEqual(['idle', true]);
  });
});

test('each request ends exactly once, answered only if its own reply came in time on its own connection, whatever happens', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: 'take' } as const) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('reply' as const), n: fc.nat(30), line: fc.constantFrom<Line>(0, 1), bad: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2_500 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom<'cut' | 'connect' | 'log on'>('cut', 'connect', 'log on'),
        line: fc.constantFrom<Line>(0, 1),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('junk' as const), text: fc.string(), line: fc.constantFrom<Line>(0, 1) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const bench = new Bench().ready(0).ready(1);
      const answered = new Set<string>();
      for (const one of steps) {
        if (one.do === 'take') bench.take();
        else if (one.do === 'pass') bench.pass(one.ms);
        else if (one.do === 'junk') bench.frame(one.line, one.text);
        else if (one.do === 'reply') {
          const asked = bench.taken[one.n];
          if (!asked) continue;
          const counts = bench.open[one.line] && asked.line === one.line && !bench.ends.has(asked.id);
          bench.frame(one.line, one.bad ? `{"id":"${asked.id}"}` : replyTo(asked.id));
          if (counts && !one.bad) answered.add(asked.id);
        } else if (one.do === 'cut') bench.cut(one.line);
        else if (one.do === 'connect') bench.connect(one.line);
        else bench.ready(one.line);
      }
      for (let i = 0; i < 4; i++) bench.pass(TIMEOUT_MS);
      for (const { id } of bench.taken) {
        expect(bench.ends.get(id)).toHaveLength(1);
        expect(bench.ends.get(id)?.[0]?.kind).toBe(answered.has(id) ? 'answer' : 'unanswered');
      }
      expect(bench.ends.size).toBe(bench.taken.length);
      expect(bench.pair.inFlight).toBe(0);
    }),
    { numRuns: 500 },
  );
});
