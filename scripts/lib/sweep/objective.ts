/** What a search looks for. Pure. */
import type { TrialFigures } from './trial.ts';

export const OBJECTIVES = ['sharpe', 'sortino', 'calmar', 'pnl', 'return', 'drawdown'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Greater is better; null: nothing can be said of so short a run, or of one that never traded. */
export function worthOf(objective: Objective, figures: Omit<TrialFigures, 'returns'>): number | null {
  if (figures.fills === 0) return null;
  switch (objective) {
    case 'sharpe':
    case 'sortino':
    case 'calmar':
      return figures[objective];
    case 'pnl':
      return Number(figures.pnl);
    case 'return':
      return figures.totalReturn * 100;
    case 'drawdown':
      return -figures.maxDrawdownPercent;
    default:
      throw new Error(`Cannot judge by: ${JSON.stringify(objective satisfies never)}`);
  }
}

export const OBJECTIVE_WORDS: Readonly<Record<Objective, string>> = {
  sharpe: 'Sharpe ratio, a year',
  sortino: 'Sortino ratio, a year',
  calmar: 'Calmar ratio',
  pnl: 'profit, quote units',
  return: 'return, percent',
  drawdown: 'largest drawdown, percent, below zero',
};
