/** A line of blocks for a series: eight heights, the mean of the values that share a column. Pure. */
const BLOCKS = '▁▂▃▄▅▆▇█';

export function sparkline(values: readonly number[], width: number): string {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return '';
  const columns = Math.min(width, known.length);
  const means = Array.from({ length: columns }, (_, n) => {
    const part = known.slice(Math.floor((n * known.length) / columns), Math.floor(((n + 1) * known.length) / columns));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const level = (value: number): number => (high === low ? 0 : Math.min(7, Math.floor(((value - low) / (high - low)) * 8)));
  return means.map((value) => BLOCKS[level(value)]).join('');
}
