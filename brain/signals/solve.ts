/** Solves a small system of linear equations by elimination with pivots; null when it has no one answer. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] | null {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const pivot = pivotOf(rows, column);
    const lead = rows[pivot];
    if (!lead || Math.abs(lead[column] ?? 0) < SINGULAR) return null;
    rows[pivot] = rows[column] ?? [];
    rows[column] = lead;
    for (let i = 0; i < size; i++) if (i !== column) clear(rows[i] ?? [], { lead, column });
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1));
}

const SINGULAR = 1e-12;

function pivotOf(rows: readonly (readonly number[])[], column: number): number {
  let best = column;
  for (let i = column; i < rows.length; i++) if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = i;
  return best;
}

function clear(row: number[], { lead, column }: { readonly lead: readonly number[]; readonly column: number }): void {
  const factor = (row[column] ?? 0) / (lead[column] ?? 1);
  for (let j = column; j < row.length; j++) row[j] = (row[j] ?? 0) - factor * (lead[j] ?? 0);
}
