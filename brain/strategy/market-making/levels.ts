/** The grid: distance of each level from level 0, basis points. */
export type Grid = { readonly levels: number; readonly levelGapBps: number; readonly levelGapFactor: number };

/** 0, g, g + gf, g + gf + gf^2 and so on: linear for f = 1, else geometric. */
export function gapsOf({ levels, levelGapBps, levelGapFactor }: Grid): readonly number[] {
  let gap = 0;
  return Array.from({ length: levels }, (_, level) => {
    if (level > 0) gap = levelGapFactor === 1 ? level * levelGapBps : gap + levelGapBps * levelGapFactor ** (level - 1);
    return gap;
  });
}
