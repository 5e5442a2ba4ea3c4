/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation: D. Bailey, J. Borwein, M. López de Prado and Q. Zhu, The
 * Probability of Backtest Overfitting, Journal of Computational Finance 20 (4), 2017. The time is cut into blocks; each half of them is
 * searched on in turn and the best trial there judged on the other half: how often it is no better than the median. Pure.
 */

const BLOCKS = 10;
/** Fewer returns in a block tell no ratio. */
const BLOCK_MIN = 4;

/** Share of the halves, 0 to 1, by Sharpe ratio; null with less than two trials, or too few returns. */
export function overfitProbability(trials: readonly (readonly number[])[]): number | null {
  const length = Math.max(0, ...trials.map((returns) => returns.length));
  if (trials.length < 2 || length < BLOCKS * BLOCK_MIN) return null;
  const sums = trials.map((returns) => blockSums(returns, length));
  const halves = halvesOf(BLOCKS);
  const worse = halves.filter((half) => {
    const best = indexOfMost(sums.map((blocks) => sharpeOver(blocks, (n) => half.has(n))));
    const outside = sums.map((blocks) => sharpeOver(blocks, (n) => !half.has(n)));
    return relativeRank(outside, best) <= 0.5;
  });
  return worse.length / halves.length;
}

type Sum = { count: number; sum: number; squares: number };

/** After a ruin there are no more returns: as if nothing moved. */
function blockSums(returns: readonly number[], length: number): readonly Sum[] {
  const blocks = Array.from({ length: BLOCKS }, (): Sum => ({ count: 0, sum: 0, squares: 0 }));
  for (let n = 0; n < length; n++) {
    const block = blocks[Math.floor((n * BLOCKS) / length)] as Sum;
    const one = returns[n] ?? 0;
    block.count += 1;
    block.sum += one;
    block.squares += one * one;
  }
  return blocks;
}

function sharpeOver(blocks: readonly Sum[], isIn: (block: number) => boolean): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const [n, block] of blocks.entries()) {
    if (!isIn(n)) continue;
    count += block.count;
    sum += block.sum;
    squares += block.squares;
  }
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  return variance > 1e-24 ? mean / Math.sqrt(variance) : 0;
}

const indexOfMost = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** Rank over count and one: 0.5 is the median; equals share their ranks. */
function relativeRank(values: readonly number[], index: number): number {
  const own = values[index] ?? 0;
  const below = values.filter((value) => value < own).length;
  const equal = values.filter((value) => value === own).length;
  return (below + (equal + 1) / 2) / (values.length + 1);
}

/** All sets of half the blocks. */
function halvesOf(blocks: number): readonly ReadonlySet<number>[] {
  const found: ReadonlySet<number>[] = [];
  for (let bits = 0; bits < 1 << blocks; bits++) {
    const set = new Set(Array.from({ length: blocks }, (_, n) => n).filter((n) => (bits >> n) & 1));
    if (set.size === blocks / 2) found.push(set);
  }
  return found;
}
