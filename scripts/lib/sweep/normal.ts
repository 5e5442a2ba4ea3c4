/** The standard normal distribution. */

/** To about 1e-15. G. West, Better approximations to cumulative normal functions, Wilmott Magazine, 2005, after Hart. */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const density = Math.exp((-z * z) / 2);
  const tail = z < 7.071_067_811_865_47 ? (density * polynomial(ABOVE, z)) / polynomial(BELOW, z) : density / farTail(z);
  return x > 0 ? 1 - tail : tail;
}

const ABOVE = [
  0.035_262_496_599_891_1, 0.700_383_064_443_688, 6.373_962_203_531_65, 33.912_866_078_383, 112.079_291_497_871, 221.213_596_169_931,
  220.206_867_912_376,
];
const BELOW = [
  0.088_388_347_648_318_4, 1.755_667_163_182_64, 16.064_177_579_207, 86.780_732_202_946_1, 296.564_248_779_674, 637.333_633_378_831,
  793.826_512_519_948, 440.413_735_824_752,
];
const polynomial = (coefficients: readonly number[], z: number): number => coefficients.reduce((sum, one) => sum * z + one, 0);
const farTail = (z: number): number => (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) * 2.506_628_274_631;

const HALVINGS = 80;

/** Where the distribution reaches `p`, 0 to 1. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`Cannot tell where a normal distribution reaches ${p}: it has to lie between 0 and 1`);
  let [low, high] = [-40, 40];
  for (let n = 0; n < HALVINGS; n++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
