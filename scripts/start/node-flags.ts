/** Options of node that the processes run with; the npm scripts say the same, and a test holds them together. */
export type OwnName = 'sim' | 'gateway' | 'brain';

/**
 * Megabytes. Each process makes much short-lived garbage: a small young generation keeps its memory low, a smaller one would stop it more
 * often. Of a gateway with 50 order actions a second (`npm run bench -- --pauses`; 8 and 16 in five rounds each, in turn, medians of ten
 * seconds): 8 stopped it 14 times, 1.5 ms each, 2.4 ms a second, longest 3.4 ms, 174 MB; 16 stopped it 7 times, 1.9 ms each, 1.6 ms a second,
 * longest 3.8 ms, 188 MB; how late its loop was did not differ. In one round four stopped it twice as often as eight, and thirty-two three
 * times as long for 30 MB more. The brain makes little: with eight it held 35 MB more after a minute.
 */
const YOUNG_MB: Readonly<Record<OwnName, number>> = { sim: 8, gateway: 16, brain: 4 };

/**
 * Megabytes that everything older may have, twenty times what a gateway with 200 symbols holds on to. It is less a limit than a habit: beside
 * gigabytes node lets garbage lie until there is three times as much of it. With 200 symbols fed 2,000 messages a second it took 353 MB of
 * memory at most without this, and 219 with it.
 */
const OLD_MB: Readonly<Record<OwnName, number | null>> = { sim: null, gateway: 1_024, brain: 1_024 };

export function nodeFlags(name: OwnName): readonly string[] {
  const old = OLD_MB[name];
  return [`--max-semi-space-size=${YOUNG_MB[name]}`, ...(old === null ? [] : [`--max-old-space-size=${old}`])];
}
