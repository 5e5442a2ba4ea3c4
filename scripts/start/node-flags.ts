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

export const nodeFlags = (name: OwnName): readonly string[] => [`--max-semi-space-size=${YOUNG_MB[name]}`];
