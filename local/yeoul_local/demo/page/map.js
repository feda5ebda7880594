// The map: no tiles. What was driven within the window is its own road map.
function drawMap(data) {
  const $ = (id) => document.getElementById(id);
  const canvas = $("map"), tip = $("map-tip"), slider = $("time"), play = $("play");
  const ctx = canvas.getContext("2d"), under = document.createElement("canvas");
  const RAMP = ["#4f63d2", "#7f57cc", "#b04fb4", "#d95a86", "#ee755a", "#f5a53a"];
  const TOP = data.topSpeed, TRAIL_MS = 9000, FADES = 4, SHADES = 24;
  const M_PER_DEGREE = 111195;
  // No line where a vehicle was silent, or faster than any car: its record has a gap or a jump there.
  const GAP_MS = 4000, GAP_M_PER_MS = (250 / 3600) * data.factor;
  const squeeze = Math.cos((data.middleLat * Math.PI) / 180);
  const mix = (a, b, f) => [1, 3, 5].map((i) =>
    Math.round(parseInt(a.substr(i, 2), 16) * (1 - f) + parseInt(b.substr(i, 2), 16) * f));
  const shade = (f) => {
    const at = Math.min(Math.max(f, 0), 0.9999) * (RAMP.length - 1), i = Math.floor(at);
    return `rgb(${mix(RAMP[i], RAMP[i + 1], at - i).join(",")})`;
  };
  const COLOURS = Array.from({ length: SHADES }, (_, i) => shade(i / (SHADES - 1)));
  const colourOf = (v) => Math.min(SHADES - 1, Math.max(0, Math.round((v / TOP) * (SHADES - 1))));

  // A trail is t, x, y, v one after the other, each but v as a difference to the one before.
  const fleet = Object.entries(data.trails).map(([name, flat]) => {
    const n = flat.length / 4, t = new Float64Array(n), x = new Float64Array(n);
    const y = new Float64Array(n), v = new Float64Array(n), gap = new Uint8Array(n);
    let a = 0, b = 0, c = 0;
    for (let i = 0; i < n; i++) {
      a += flat[4 * i]; b += flat[4 * i + 1]; c += flat[4 * i + 2];
      t[i] = a * 10; x[i] = (b / 1e5) * squeeze; y[i] = -c / 1e5; v[i] = flat[4 * i + 3] / 10;
      const far = i && Math.hypot(x[i] - x[i - 1], y[i] - y[i - 1]) * M_PER_DEGREE;
      const took = i ? t[i] - t[i - 1] : 0;
      gap[i] = !i || took > GAP_MS || far > GAP_M_PER_MS * (took + 20) ? 1 : 0;
    }
    return { name, n, t, x, y, v, gap };
  });
  const end = data.windowMs;
  // A finger scrolls the page until the map was moved by its buttons; then it moves the map.
  let moved = false;
  let now = end, playing = false, view = null, css = {}, width = 0, height = 0, dpr = 1;

  // Most of them: what lies within Tukey's fences. A few trips are far from all others.
  function span(values) {
    const sorted = values.sort((p, q) => p - q), quarter = (q) => sorted[Math.floor(q * (sorted.length - 1))];
    const low = quarter(0.25), high = quarter(0.75), fence = 1.5 * (high - low);
    const near = sorted.filter((value) => value >= low - fence && value <= high + fence);
    return [near[0], near[near.length - 1]];
  }
  function home() {
    const xs = [], ys = [];
    for (const car of fleet) {
      const step = Math.max(1, Math.floor(car.n / 60));
      for (let i = car.n - 1; i >= 0; i -= step) { xs.push(car.x[i]); ys.push(car.y[i]); }
    }
    if (!xs.length) return { x: 0, y: 0, scale: 1000 };
    const [x0, x1] = span(xs), [y0, y1] = span(ys);
    const scale = 0.9 * Math.min(width / Math.max(x1 - x0, 0.004), height / Math.max(y1 - y0, 0.004));
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale };
  }
  const px = (x) => (x - view.x) * view.scale + width / 2;
  const py = (y) => (y - view.y) * view.scale + height / 2;

  function degrees(value, step, positive, negative) {
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    return `${Math.abs(value).toFixed(digits)}° ${value < 0 ? negative : positive}`;
  }
  function nice(rough) {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  }
  function graticule(g) {
    const step = nice(130 / view.scale);
    g.strokeStyle = css.grid; g.fillStyle = css.soft; g.lineWidth = 1;
    g.font = "11.5px system-ui, sans-serif"; g.textBaseline = "top";
    const west = (view.x - width / 2 / view.scale) / squeeze, east = (view.x + width / 2 / view.scale) / squeeze;
    for (let lon = Math.ceil(west / step) * step; lon < east; lon += step) {
      const x = Math.round(px(lon * squeeze)) + 0.5;
      g.beginPath(); g.moveTo(x, 0); g.lineTo(x, height); g.stroke();
      g.textAlign = "left"; if (x < width - 70) g.fillText(degrees(lon, step, "E", "W"), x + 5, 6);
    }
    const south = -(view.y + height / 2 / view.scale), north = -(view.y - height / 2 / view.scale);
    for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
      const y = Math.round(py(-lat)) + 0.5;
      g.beginPath(); g.moveTo(0, y); g.lineTo(width, y); g.stroke();
      if (y > 26 && y < height - 54) g.fillText(degrees(lat, step, "N", "S"), 7, y + 4);
    }
  }
  function roads(g) {
    g.strokeStyle = css.road; g.lineWidth = 1.1; g.lineJoin = "round"; g.lineCap = "round";
    g.beginPath();
    for (const car of fleet) {
      for (let i = 0; i < car.n; i++) {
        if (car.gap[i]) g.moveTo(px(car.x[i]), py(car.y[i])); else g.lineTo(px(car.x[i]), py(car.y[i]));
      }
    }
    g.stroke();
  }
  function scaleBar(g) {
    const metres = nice((110 / view.scale) * M_PER_DEGREE / 1.6), length = (metres / M_PER_DEGREE) * view.scale;
    const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, y = height - 18;
    g.strokeStyle = css.ink; g.fillStyle = css.ink; g.lineWidth = 2; g.textAlign = "center";
    g.textBaseline = "bottom"; g.font = "12px system-ui, sans-serif";
    g.beginPath(); g.moveTo(14, y - 5); g.lineTo(14, y); g.lineTo(14 + length, y); g.lineTo(14 + length, y - 5); g.stroke();
    g.fillText(text, 14 + length / 2, y - 4);
  }
  function drawUnder() {
    under.width = canvas.width; under.height = canvas.height;
    const g = under.getContext("2d");
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    g.fillStyle = css.map; g.fillRect(0, 0, width, height);
    graticule(g); roads(g); scaleBar(g);
  }
  // The last fix at or before a time.
  function at(car, time) {
    let lo = 0, hi = car.n - 1;
    if (!car.n || car.t[0] > time) return -1;
    while (lo < hi) { const mid = (lo + hi + 1) >> 1; if (car.t[mid] <= time) lo = mid; else hi = mid - 1; }
    return lo;
  }
  function place(car) {
    const i = at(car, now);
    if (i < 0) return null;
    let x = car.x[i], y = car.y[i];
    const next = i + 1 < car.n && !car.gap[i + 1];
    if (next) {
      const f = (now - car.t[i]) / Math.max(car.t[i + 1] - car.t[i], 1);
      x += (car.x[i + 1] - x) * f; y += (car.y[i + 1] - y) * f;
    }
    return { car, i, x, y, v: car.v[i], at: car.t[i] };
  }
  function trailPaths() {
    const paths = new Map();
    for (const car of fleet) {
      const last = at(car, now);
      for (let i = last; i > 0 && car.t[i] > now - TRAIL_MS; i--) {
        if (car.gap[i]) continue;
        const key = colourOf(car.v[i]) * FADES + Math.min(FADES - 1, Math.floor(((now - car.t[i]) / TRAIL_MS) * FADES));
        if (!paths.has(key)) paths.set(key, new Path2D());
        const path = paths.get(key);
        path.moveTo(px(car.x[i - 1]), py(car.y[i - 1])); path.lineTo(px(car.x[i]), py(car.y[i]));
      }
    }
    return paths;
  }
  let shown = [];
  function draw() {
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(under, 0, 0);
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.lineCap = "round"; ctx.lineWidth = 3;
    const paths = [...trailPaths()].sort((p, q) => (q[0] % FADES) - (p[0] % FADES));
    for (const [key, path] of paths) {
      ctx.globalAlpha = 0.9 - 0.21 * (key % FADES); ctx.strokeStyle = COLOURS[Math.floor(key / FADES)];
      ctx.stroke(path);
    }
    ctx.globalAlpha = 1;
    shown = fleet.map(place).filter(Boolean);
    for (const p of shown.sort((p, q) => p.v - q.v)) {
      ctx.beginPath(); ctx.arc(px(p.x), py(p.y), 5, 0, 2 * Math.PI);
      ctx.fillStyle = COLOURS[colourOf(p.v)]; ctx.fill();
      ctx.lineWidth = 1.6; ctx.strokeStyle = css.halo; ctx.stroke();
    }
    $("clock").textContent = clockText(data.windowBegan + now, true);
    slider.value = end ? Math.round((1000 * now) / end) : 1000;
  }
  function theme() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["map", "grid", "road", "soft", "ink", "halo"]) css[name] = style.getPropertyValue(`--${name}`).trim();
  }
  function redraw() { drawUnder(); draw(); }
  function resize() {
    const box = canvas.getBoundingClientRect();
    if (!box.width || (box.width === width && box.height === height && dpr === devicePixelRatio)) return;
    width = box.width; height = box.height; dpr = devicePixelRatio || 1;
    canvas.width = Math.round(width * dpr); canvas.height = Math.round(height * dpr);
    view = home(); redraw();
  }
  function zoom(factor, x = width / 2, y = height / 2) {
    const wx = view.x + (x - width / 2) / view.scale, wy = view.y + (y - height / 2) / view.scale;
    view.scale = Math.min(Math.max(view.scale * factor, 20), 4e6);
    view.x = wx - (x - width / 2) / view.scale; view.y = wy - (y - height / 2) / view.scale;
    redraw();
  }
  function step(then) {
    let last = then;
    const speed = Math.max(1, end / 40000);
    const frame = (time) => {
      if (!playing) return;
      now = Math.min(end, now + (time - last) * speed); last = time;
      draw();
      if (now >= end) return pause();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
  function pause() { playing = false; play.innerHTML = "&#9654;"; play.setAttribute("aria-label", "play"); }
  function start() {
    if (now >= end) now = 0;
    playing = true; play.innerHTML = "&#10074;&#10074;"; play.setAttribute("aria-label", "pause");
    step(performance.now());
  }
  play.onclick = () => (playing ? pause() : start());
  slider.oninput = () => { pause(); now = (slider.value / 1000) * end; draw(); };
  function byButton(factor) { moved = true; canvas.style.touchAction = "none"; zoom(factor); }
  $("zoom-in").onclick = () => byButton(1.6);
  $("zoom-out").onclick = () => byButton(1 / 1.6);
  $("zoom-fit").onclick = () => { moved = false; canvas.style.touchAction = ""; view = home(); redraw(); };
  canvas.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey && document.activeElement !== canvas) return;
    e.preventDefault(); zoom(Math.exp(-e.deltaY / 300), e.offsetX, e.offsetY);
  }, { passive: false });
  let grabbed = null;
  canvas.addEventListener("pointerdown", (e) => {
    if (e.pointerType === "touch" && !moved) return;
    grabbed = { x: e.clientX, y: e.clientY, vx: view.x, vy: view.y };
    canvas.setPointerCapture(e.pointerId); canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointerup", () => { grabbed = null; canvas.classList.remove("dragging"); });
  canvas.addEventListener("pointermove", (e) => {
    if (grabbed) {
      view.x = grabbed.vx - (e.clientX - grabbed.x) / view.scale;
      view.y = grabbed.vy - (e.clientY - grabbed.y) / view.scale;
      return redraw();
    }
    hover(e.offsetX, e.offsetY);
  });
  canvas.addEventListener("click", (e) => hover(e.offsetX, e.offsetY));
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("keydown", (e) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (move) { view.x += (60 * move[0]) / view.scale; view.y += (60 * move[1]) / view.scale; redraw(); e.preventDefault(); }
    if (e.key === "+" || e.key === "=") zoom(1.6);
    if (e.key === "-") zoom(1 / 1.6);
  });
  function hover(x, y) {
    let best = null, near = 16;
    for (const p of shown) {
      const far = Math.hypot(px(p.x) - x, py(p.y) - y);
      if (far < near) { near = far; best = p; }
    }
    tip.hidden = !best;
    if (!best) return;
    const name = document.createElement("b"), rest = document.createElement("span");
    name.textContent = best.car.name;
    rest.textContent = `${degrees(-best.y, 0.0001, "N", "S")}, ${degrees(best.x / squeeze, 0.0001, "E", "W")}`;
    const when = document.createElement("span");
    when.textContent = clockText(data.windowBegan + best.at, true);
    tip.replaceChildren(name, ` · ${Math.round(best.v)} km/h`, document.createElement("br"), rest, document.createElement("br"), when);
    tip.style.left = `${Math.min(Math.max(x + 14, 4), width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.min(Math.max(y + 14, 4), height - tip.offsetHeight - 4)}px`;
  }
  const bar = document.createElement("i"), ends = document.createElement("div");
  bar.style.background = `linear-gradient(90deg, ${RAMP.join(", ")})`;
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const label = document.createElement("span");
    label.textContent = `${Math.round(TOP * part)}${part === 1 ? "+ km/h" : ""}`; ends.append(label);
  }
  $("map-legend").append(bar, ends);
  theme();
  new ResizeObserver(resize).observe(canvas);
  resize();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { theme(); redraw(); });
}
