/** Cost against load as one SVG that loads nothing: a panel for each kind of load, processor above, lateness below. Pure. */

export type Point = {
  readonly load: number;
  /** Part of one core. */
  readonly cpuShare: number;
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
};
export type Panel = { readonly title: string; readonly unit: string; readonly points: readonly Point[] };
type Line = { readonly name: string; readonly color: string; readonly of: (point: Point) => number };
type Plot = { readonly left: number; readonly top: number; readonly panel: Panel; readonly lines: readonly Line[]; readonly unit: string };

const [WIDTH, HEIGHT, LEFT, RIGHT, GAP, TOP] = [340, 200, 52, 16, 64, 70] as const;
const CPU: readonly Line[] = [{ name: 'gateway, % of a core', color: '#2f6fb0', of: ({ cpuShare }) => cpuShare * 100 }];
const LATE: readonly Line[] = [
  { name: 'p99', color: '#b5482f', of: ({ lateP99Ms }) => lateP99Ms },
  { name: 'p50', color: '#2c8a57', of: ({ lateP50Ms }) => lateP50Ms },
];

export function scaleChart(panels: readonly Panel[], about: string): string {
  const [width, height] = [panels.length * (LEFT + WIDTH + RIGHT), TOP + 2 * (HEIGHT + GAP) + 10];
  const plots = panels.flatMap((panel, n) => {
    const left = n * (LEFT + WIDTH + RIGHT) + LEFT;
    return [
      plot({ left, top: TOP, panel, lines: CPU, unit: '% of a core' }),
      plot({ left, top: TOP + HEIGHT + GAP, panel, lines: LATE, unit: 'snapshot in Redis behind its tick, ms' }),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="16" font-weight="600">What a gateway costs, by load</text>
<text x="${LEFT}" y="42">${escaped(about)}</text>
${plots.join('\n')}
</svg>
`;
}

function plot({ left, top, panel, lines, unit }: Plot): string {
  const { points, title } = panel;
  const most = niceMax(Math.max(...points.flatMap((point) => lines.map(({ of }) => of(point)))));
  const loadMost = Math.max(...points.map(({ load }) => load));
  const x = (load: number): number => round(left + (load / loadMost) * WIDTH);
  const y = (value: number): number => round(top + HEIGHT - (value / most) * HEIGHT);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most);
    return `<line x1="${left}" x2="${left + WIDTH}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${round(part * most)}</text>`;
  });
  const marks = points.map(({ load }) => `<text x="${x(load)}" y="${top + HEIGHT + 16}" text-anchor="middle">${load}</text>`);
  const drawn = lines.map(({ color, of }) => {
    const dots = points.map((point) => `<circle cx="${x(point.load)}" cy="${y(of(point))}" r="3" fill="${color}"/>`).join('');
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map((point) => `${x(point.load)},${y(of(point))}`).join(' ')}"/>${dots}`;
  });
  const legend = lines.length < 2 ? '' : lines.map(({ name, color }) => ` <tspan fill="${color}">${name}</tspan>`).join('');
  return `<g><text x="${left}" y="${top - 8}" font-weight="600">${escaped(title)}: ${unit}${legend}</text>
${[...grid, ...marks, ...drawn].join('\n')}
<text x="${left + WIDTH}" y="${top + HEIGHT + 32}" text-anchor="end">${escaped(panel.unit)}</text></g>`;
}

/** The next of 1, 2, 5 times a power of ten. */
function niceMax(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const round = (value: number): number => Math.round(value * 100) / 100;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
