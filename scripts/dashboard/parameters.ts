/** The configuration in force as the page shows it: each run with its parameters, hard exits, limits; every value with what it means. Pure. */
import { BUILT_IN, type Config, configJsonSchema, isBuiltIn, limitsOf, runParameters } from '../../shared/config.ts';
import type { SchemaNode } from '../../shared/config-problem.ts';
import { exitsOf } from '../../shared/exit-parameters.ts';
import { plannedRuns } from '../../shared/runs.ts';
import type { ParameterGroup } from './model.ts';

type Row = ParameterGroup['rows'][number];

export function parameterGroups(config: Config): readonly ParameterGroup[] {
  const schema = configJsonSchema() as SchemaNode;
  const runs = plannedRuns(config).map(({ id, use, symbols, with: own, maxPosition }) => ({
    title: `${id}: ${id === use ? '' : `${use} `}on ${symbols.join(', ')}`,
    rows: [
      ...(isBuiltIn(use)
        ? rowsOf(runParameters(config, { use, with: own }), node(schema, ['strategy', BUILT_IN[use].key]))
        : rowsOf({ ...config.strategy.custom[use]?.with, ...own }, undefined)),
      ...(maxPosition === null ? [] : [{ name: 'maxPosition', value: maxPosition, what: 'largest own position either way, base units' }]),
    ],
  }));
  const perSymbol = config.symbols.flatMap((symbol) => [
    { title: `hard exits on ${symbol}`, rows: rowsOf(exitsOf(config, symbol), node(schema, ['exits'])) },
    { title: `limits on ${symbol}`, rows: rowsOf(limitsOf(config, symbol), node(schema, ['limits', 'default'])) },
  ]);
  return [...runs, ...perSymbol];
}

const node = (from: SchemaNode | undefined, path: readonly string[]): SchemaNode | undefined =>
  path.reduce<SchemaNode | undefined>((at, key) => at?.properties?.[key], from);

/** Inner objects by their path, such as `trailing.percent`. */
function rowsOf(value: unknown, schema: SchemaNode | undefined, prefix = ''): readonly Row[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]: [string, unknown]): readonly Row[] => {
    const inner = node(schema, [key]);
    if (typeof one === 'object' && one !== null && !Array.isArray(one)) return rowsOf(one, inner, `${prefix}${key}.`);
    return [{ name: `${prefix}${key}`, value: Array.isArray(one) ? one.join(', ') : String(one), what: inner?.description ?? '' }];
  });
}
