/** Writes the dashboards as Grafana reads them: `node scripts/ops/grafana/write.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARDS } from './dashboards.ts';
import { renderDashboard } from './panel.ts';

for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
  const file = join(import.meta.dirname, 'dashboards', `${name}.json`);
  writeFileSync(file, `${JSON.stringify(renderDashboard(dashboard), null, 1)}\n`);
}
