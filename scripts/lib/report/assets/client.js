/* Draws the charts of the page from the JSON in it; redraws them on a new width or theme. */
const data = JSON.parse(document.getElementById('data').textContent);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const plots = [];
const MARKS_DRAWN = 400;

function axes(digits) {
  const look = { stroke: color('dim'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 } };
  return [
    look,
    {
      ...look,
      size: 76,
      values: (_, ticks) => ticks.map((v) => (v === null ? null : v.toLocaleString('en-US', { maximumFractionDigits: digits }))),
    },
  ];
}

const shown = (digits) => (_, v) => (v === null || v === undefined ? '–' : v.toLocaleString('en-US', { maximumFractionDigits: digits }));

function line(id, columns, { series, digits = 2, height = 240, draw: drawn = null, steps = false, time = true, x = 'hours' }) {
  const box = document.getElementById(id);
  if (!box || columns[0].length === 0) return;
  const paths = steps ? { paths: uPlot.paths.stepped({ align: -1 }) } : {};
  const options = {
    width: box.clientWidth,
    height,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'UTC'),
    cursor: { sync: { key: 'time' }, points: { size: 6 } },
    scales: { x: { time } },
    axes: axes(digits),
    series: [
      { label: time ? 'UTC' : x },
      ...series.map((one) => ({ width: 1.4, points: { show: false }, value: shown(digits), ...paths, ...one })),
    ],
    ...(drawn ? { hooks: { draw: [drawn] } } : {}),
  };
  plots.push(new uPlot(options, columns, box));
}

const marksOf = (marks) => (plot) => {
  const { ctx, bbox, scales } = plot;
  const seen = marks.filter(([at]) => at >= scales.x.min && at <= scales.x.max);
  const every = Math.ceil(seen.length / MARKS_DRAWN); // closer in, all are seen
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [at, price, side, maker] of seen.filter((_, n) => n % every === 0)) {
    const [x, y] = [plot.valToPos(at, 'x', true), plot.valToPos(price, 'y', true)];
    ctx.beginPath();
    ctx.moveTo(x - size, y + side * size);
    ctx.lineTo(x + size, y + side * size);
    ctx.lineTo(x, y - side * size);
    ctx.closePath();
    ctx.strokeStyle = ctx.fillStyle = color(side > 0 ? 'up' : 'down');
    if (maker) ctx.fill();
    else ctx.stroke();
  }
  ctx.restore();
};

function bars(id, rows) {
  const box = document.getElementById(id);
  if (!box) return;
  const most = Math.max(...rows.map(({ value }) => Math.abs(value ?? 0)), 1e-12);
  const signed = rows.some(({ value }) => value < 0);
  box.replaceChildren(
    ...rows.map(({ name, value, text }) => {
      const row = Object.assign(document.createElement('div'), { className: 'bar' });
      const [label, track, figure, fill] = ['span', 'div', 'span', 'i'].map((tag) => document.createElement(tag));
      label.textContent = name;
      figure.textContent = text;
      track.className = 'track';
      const share = (Math.abs(value ?? 0) / most) * (signed ? 50 : 100);
      fill.style.width = `${share}%`;
      fill.style.left = signed ? `${value < 0 ? 50 - share : 50}%` : '0';
      if (signed) fill.className = value < 0 ? 'down' : 'up';
      track.append(fill);
      row.append(label, track, figure);
      return row;
    }),
  );
}

function markouts({ makerMarkouts, takerMarkouts }) {
  const rows = (who, list) =>
    list
      .filter(({ bps }) => bps !== null)
      .map(({ afterMs, bps, errorBps, fills }) => ({
        name: `${who} ${afterMs / 1000} s`,
        value: bps,
        text: `${bps.toFixed(2)}${errorBps === null ? '' : ` ± ${errorBps.toFixed(2)}`} bps, ${fills}`,
      }));
  bars('markouts', [...rows('maker', makerMarkouts), ...rows('taker', takerMarkouts)]);
}

function inventory(id, { edges, share }) {
  const rows = share.map((value, n) => ({
    name: edges.length > 2 ? ((edges[n] + edges[n + 1]) / 2).toPrecision(3) : '0',
    value,
    text: `${(value * 100).toFixed(1)} %`,
  }));
  bars(id, rows.reverse());
}

function drawSymbol({ price, position, marks, inventory: shares }, n) {
  const [dim, blue] = [color('dim'), color('blue')];
  line(`price-${n}`, [data.at, price], { series: [{ label: 'price', stroke: dim }], digits: 6, height: 300, draw: marksOf(marks) });
  const held = { label: 'position', stroke: blue, fill: `${blue}22` };
  line(`position-${n}`, [data.at, position], { series: [held], digits: 6, height: 140, steps: true });
  inventory(`inventory-${n}`, shares);
}

function drawRun() {
  const [up, down, blue] = ['up', 'down', 'blue'].map(color);
  const equity = [
    { label: 'equity', stroke: blue },
    { label: 'low', stroke: down, width: 0.6 },
    { label: 'high', stroke: up, width: 0.6 },
  ];
  line('equity', [data.at, data.equity, data.low, data.high], { series: equity });
  const below = { label: 'below peak, %', stroke: down, fill: `${down}33` };
  line('drawdown', [data.at, data.drawdown], { series: [below], digits: 4, height: 160 });
  data.symbols.forEach(drawSymbol);
  markouts(data.markouts);
}

function drawComparison({ names, at, returns }) {
  const series = names.map((label, n) => ({ label, stroke: color(n === 0 ? 'blue' : 'down') }));
  line('compare', [at, ...returns], { series, digits: 4, height: 320, time: false });
}

function drawSweep({ objective, names, worths, scatter, walked }) {
  const [up, blue, dim] = ['up', 'blue', 'dim'].map(color);
  const dots = { points: { show: true, size: 5 }, paths: () => null };
  if (walked) line('walked', [walked.at, walked.value], { series: [{ label: 'return, %', stroke: blue }], digits: 3 });
  const lengths = worths.map((list) => list.length);
  const numbers = Array.from({ length: Math.max(...lengths) }, (_, n) => n + 1);
  const filled = worths.map((list) => numbers.map((_, n) => list[n] ?? null));
  const best = numbers.map((_, n) => Math.max(...filled.flatMap((list) => list.slice(0, n + 1).filter((one) => one !== null))));
  const many = names.length > 1;
  const series = filled.map((_, n) => ({
    label: many ? names[n] : objective,
    stroke: many ? `hsl(${Math.round((n * 360) / names.length)} 55% 55%)` : dim,
    ...dots,
  }));
  const reached = { label: 'best so far', stroke: up };
  const columns = many ? [numbers, ...filled] : [numbers, ...filled, best.map((one) => (Number.isFinite(one) ? one : null))];
  line('trials', columns, { series: many ? series : [...series, reached], time: false, x: 'trial' });
  if (scatter.length > 0)
    line('scatter', [scatter.map(([a]) => a), scatter.map(([, b]) => b)], {
      series: [{ label: 'tested', stroke: blue, ...dots }],
      time: false,
      x: 'searched',
    });
}

function drawParity({ at, symbols }) {
  const [dim, blue, down] = ['dim', 'blue', 'down'].map(color);
  symbols.forEach(({ price, positions, marks }, n) => {
    line(`price-${n}`, [at, price], { series: [{ label: 'mid', stroke: dim }], digits: 6, height: 340, draw: marksOf(marks) });
    const series = [
      { label: 'session', stroke: blue, width: 3 },
      { label: 'backtest', stroke: down },
    ];
    line(`position-${n}`, [at, ...positions], { series, digits: 6, height: 160, steps: true });
  });
}

/** One point a figure by its number in the table, on a scale of ratios: half and twice are as far apart everywhere. */
function dots(id, { names, series, unit }) {
  const box = document.getElementById(id);
  if (!box) return;
  const [x, y] = axes(3);
  const numbers = names.map((_, n) => n + 1);
  const look = { paths: () => null, points: { show: true, size: 7 } };
  const options = {
    width: box.clientWidth,
    height: 260,
    scales: { x: { time: false, range: [0.5, names.length + 0.5] }, y: { distr: 3 } },
    axes: [{ ...x, incrs: [1, 2, 5, 10], values: (_, ticks) => ticks.map((n) => (Number.isInteger(n) ? n : '')) }, y],
    series: [
      { label: 'figure', value: (_, n) => (n === null || n === undefined ? '–' : `${n} ${names[n - 1]}`) },
      ...series.map(({ label, stroke, joined }) => ({
        label: `${label}, ${unit}`,
        stroke,
        value: shown(3),
        ...(joined ? { width: 1.4, points: { show: false } } : { ...look, points: { ...look.points, fill: stroke } }),
      })),
    ],
  };
  plots.push(new uPlot(options, [numbers, ...series.map(({ values }) => values)], box));
}

function drawSpeed({ goals, spreads, sides }) {
  const [up, down, blue, dim] = ['up', 'down', 'blue', 'dim'].map(color);
  const reached = (wanted) => goals.map(({ share }) => (share > 0 && share <= 1 === wanted ? share : null));
  const series = [
    { label: 'goal', stroke: dim, values: goals.map(() => 1), joined: true },
    { label: 'reached', stroke: up, values: reached(true) },
    { label: 'above', stroke: down, values: reached(false) },
  ];
  if (goals.length > 0) dots('goals', { names: goals.map(({ name }) => name), series, unit: 'times its goal' });
  const tails = [
    { label: 'p50', stroke: blue, values: spreads.map(({ p50 }) => p50) },
    { label: 'p99', stroke: dim, values: spreads.map(({ p99 }) => p99) },
    { label: 'p99.9', stroke: down, values: spreads.map(({ p999 }) => p999) },
  ];
  if (spreads.length > 0) dots('spreads', { names: spreads.map(({ name }) => name), series: tails, unit: 'µs' });
  for (const [n, rows] of sides.entries()) bars(`side-${n}`, rows);
}

function draw() {
  for (const plot of plots.splice(0)) plot.destroy();
  if (data.speed) drawSpeed(data.speed);
  else if (data.sweep) drawSweep(data.sweep);
  else if (data.parity) drawParity(data.parity);
  else if (data.names) drawComparison(data);
  else drawRun();
}

draw();
let timer = 0;
const again = () => {
  clearTimeout(timer);
  timer = setTimeout(draw, 100);
};
addEventListener('resize', again);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
