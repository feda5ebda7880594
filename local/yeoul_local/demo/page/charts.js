// Line charts over time, as SVG, drawn anew when their box changes.
function clockText(ms, withSeconds) {
  return `${new Date(ms).toISOString().slice(11, withSeconds ? 19 : 16)} UTC`;
}

function lineChart(card, chart) {
  const PAD = { left: 46, right: 10, top: 10, bottom: 26 }, HEIGHT = 158;
  const holder = document.createElement("div"), key = document.createElement("div");
  key.className = "key";
  card.append(key, holder);
  const times = chart.series.flatMap((s) => s.points.map((p) => p[0]));
  const x0 = Math.min(...times), x1 = Math.max(...times, x0 + 1000);
  const top = Math.max(1, ...chart.series.flatMap((s) => s.points.map((p) => p[1])));

  function ticksOf(max, wanted) {
    const rough = max / wanted, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const ticks = [];
    for (let value = 0; value < max + step * 0.999; value += step) ticks.push(value);
    return ticks;
  }
  const short = (n) => (n >= 1e6 ? `${+(n / 1e6).toFixed(1)}M` : n >= 1e4 ? `${+(n / 1e3).toFixed(1)}k` : n.toLocaleString("en"));
  const yTicks = ticksOf(top, 3), yTop = yTicks[yTicks.length - 1];
  const spans = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => s * 1000);

  function show(time) {
    key.replaceChildren(...chart.series.map((series) => {
      const item = document.createElement("span"), line = document.createElement("i");
      line.style.background = `var(${series.colour})`;
      item.append(line, series.name);
      const point = time === null ? null : valueAt(series, time);
      if (point) {
        const value = document.createElement("b");
        value.textContent = ` ${chart.format(point[1])}`;
        item.append(value);
      }
      return item;
    }));
    if (time !== null) {
      const item = document.createElement("span");
      item.textContent = clockText(time, true);
      key.append(item);
    }
  }
  function valueAt(series, time) {
    let found = null;
    for (const point of series.points) {
      if (point[0] <= time) found = point; else break;
    }
    return found;
  }
  function draw() {
    const width = Math.max(holder.clientWidth, 200);
    const px = (t) => PAD.left + ((t - x0) / (x1 - x0)) * (width - PAD.left - PAD.right);
    const py = (v) => HEIGHT - PAD.bottom - (v / yTop) * (HEIGHT - PAD.top - PAD.bottom);
    const path = (series) => series.points.map(([t, v], i) => {
      const to = `${px(t).toFixed(1)},${py(v).toFixed(1)}`;
      if (!i) return `M${to}`;
      return series.steps ? `H${px(t).toFixed(1)}V${py(v).toFixed(1)}` : `L${to}`;
    }).join("");
    let inner = "";
    for (const v of yTicks) {
      inner += `<line class="rule" x1="${PAD.left}" x2="${width - PAD.right}" y1="${py(v)}" y2="${py(v)}"/>`;
      inner += `<text x="${PAD.left - 8}" y="${py(v) + 4}" text-anchor="end">${short(v)}</text>`;
    }
    const span = spans.find((s) => ((x1 - x0) / s) * 66 < width - PAD.left) || spans[spans.length - 1];
    for (let t = Math.ceil(x0 / span) * span; t <= x1; t += span) {
      const text = new Date(t).toISOString().slice(11, span < 60000 ? 19 : 16);
      if (px(t) > PAD.left + 20 && px(t) < width - 24) inner += `<text x="${px(t)}" y="${HEIGHT - 6}" text-anchor="middle">${text}</text>`;
    }
    for (const series of chart.series.filter((s) => s.points.length)) {
      const d = path(series), first = series.points[0], last = series.points[series.points.length - 1];
      const tail = series.steps ? `H${px(x1).toFixed(1)}` : "";
      if (series.fill) inner += `<path d="${d}${tail}L${px(series.steps ? x1 : last[0])},${py(0)}L${px(first[0])},${py(0)}Z" fill="var(--fill)"/>`;
      inner += `<path d="${d}${tail}" fill="none" stroke="var(${series.colour})" stroke-width="2" stroke-linejoin="round"/>`;
    }
    holder.innerHTML = `<svg viewBox="0 0 ${width} ${HEIGHT}" role="img">${inner}<line class="now" y1="${PAD.top}" y2="${HEIGHT - PAD.bottom}" visibility="hidden"/></svg>`;
    const svg = holder.firstChild, now = svg.lastChild;
    svg.onpointermove = (e) => {
      const share = (e.offsetX - PAD.left) / (holder.clientWidth - PAD.left - PAD.right);
      const time = x0 + Math.min(Math.max(share, 0), 1) * (x1 - x0);
      now.setAttribute("x1", px(time)); now.setAttribute("x2", px(time)); now.setAttribute("visibility", "visible");
      show(time);
    };
    svg.onpointerleave = () => { now.setAttribute("visibility", "hidden"); show(null); };
  }
  show(null);
  let known = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth !== known) { known = holder.clientWidth; draw(); }
  }).observe(holder);
}

function drawCharts(data) {
  const card = (id) => document.getElementById(id);
  const whole = (n) => Math.round(n).toLocaleString("en");
  if (data.buckets.length) {
    const kmh = (v) => `${v.toFixed(0)} km/h`;
    lineChart(card("speed"), { format: kmh, series: [
      { name: "95th percentile", colour: "--accent-2", points: data.buckets.map((b) => [b[0], b[3]]) },
      { name: "median", colour: "--accent", fill: true, points: data.buckets.map((b) => [b[0], b[2]]) },
    ] });
    lineChart(card("volume"), { format: (v) => `${whole(v)} rows/s`, series: [
      { name: "rows per second", colour: "--accent", fill: true, points: data.buckets.map((b) => [b[0], b[1]]) },
    ] });
  }
  const delivery = [
    { name: "driven", colour: "--accent-2", points: data.driven },
    { name: "committed", colour: "--accent", fill: true, steps: true, points: data.committed },
  ].filter((series) => series.points.length);
  if (delivery.length) lineChart(card("delivery"), { format: whole, series: delivery });
}

const data = JSON.parse(document.getElementById("data").textContent);
drawCharts(data);
drawMap(data);
