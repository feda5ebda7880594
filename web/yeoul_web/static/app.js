// Draws what /api says, again every five seconds. Everything from outside is set as text.
"use strict";

const STAGES = [
  ["api", "API"], ["ingest", "Ingestion"], ["kafka", "Kafka"], ["spark", "Spark"],
  ["postgres", "PostgreSQL"], ["hdfs", "HDFS"],
];
const SERIES = [["rate", "rows/s"], ["lag", "rows behind"], ["freshness", "seconds behind"]];
const WORST = ["up", "starting", "down"];
const STATE_WORDS = { up: "up", starting: "starting", down: "down", absent: "not here" };

const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((one) => one !== null && one !== undefined));
  return node;
}

function draw(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function number(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return value < 10 && value % 1 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

function ago(text) {
  const seconds = Math.max(0, (Date.now() - Date.parse(text)) / 1000);
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86400)} d ago`;
}

// The verdict

function worstOf(parts) {
  return parts.reduce((worst, one) => Math.max(worst, WORST.indexOf(one.state)), 0);
}

function verdict(status) {
  const { parts, pipelines } = status.look;
  const firing = status.alerts.filter((one) => one.state === "firing");
  const down = parts.filter((one) => one.state === "down").map((one) => one.name);
  const sick = pipelines.filter((one) => one.isHealthy === false);
  const bad = [
    ...down.map((name) => `${name} is down`),
    ...sick.map((one) => `${one.name}: ${one.message || one.phase}`),
    ...firing.map((one) => one.summary || one.name),
    ...status.problems,
  ];
  if (bad.length) return ["bad", bad.length === 1 ? "One thing is wrong" : `${bad.length} things are wrong`, bad.join(" · ")];
  const waiting = [
    ...parts.filter((one) => one.state === "starting").map((one) => `${one.name} is starting`),
    ...pipelines.filter((one) => one.isHealthy === null).map((one) => `${one.name} is ${one.phase}`),
  ];
  if (waiting.length) return ["waiting", "Not all of it is ready", waiting.join(" · ")];
  if (!parts.length && !pipelines.length) return ["waiting", "Nothing runs", "No part and no pipeline is there."];
  return ["good", "All is well", `${parts.length} parts, ${pipelines.length} pipeline${pipelines.length === 1 ? "" : "s"}`];
}

function showVerdict(status) {
  const [kind, title, text] = verdict(status);
  const section = $("verdict");
  section.className = `verdict ${kind}`;
  section.querySelector("h2").textContent = title;
  section.querySelector("p").textContent = text;
  document.title = kind === "bad" ? `! Yeoul ${status.title}` : `Yeoul ${status.title}`;
}

// The flow

function stage([key, title], parts) {
  const mine = parts.filter((one) => one.stage === key);
  const state = mine.length ? WORST[worstOf(mine)] : "absent";
  const up = mine.filter((one) => one.state === "up").length;
  const words = mine.length ? (mine.length === 1 ? STATE_WORDS[state] : `${up} of ${mine.length} up`) : STATE_WORDS.absent;
  const list = make("ul", {}, ...mine.map((one) =>
    make("li", { class: one.state }, one.name, one.detail ? make("small", {}, ` ${one.detail}`) : null)));
  return make("details", { class: `stage ${state}`, "data-stage": key },
    make("summary", {}, make("b", {}, title), make("span", {}, words)), list);
}

function showFlow(parts) {
  const open = new Set([...document.querySelectorAll(".stage[open]")].map((one) => one.dataset.stage));
  const cards = STAGES.map((one) => stage(one, parts));
  if (parts.some((one) => one.stage === "platform")) cards.push(stage(["platform", "Platform"], parts));
  for (const card of cards) card.open = open.has(card.dataset.stage);
  $("flow").replaceChildren(...cards);
}

// Pipelines

function sparkline(points, label) {
  const known = points.filter((one) => one !== null);
  const now = known.length ? known[known.length - 1] : null;
  const box = draw("svg", { viewBox: "0 0 120 30", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  if (known.length > 1) {
    const top = Math.max(...known, 1), step = 120 / (points.length - 1);
    let line = "", pen = "M";
    points.forEach((value, i) => {
      if (value === null) { pen = "M"; return; }
      line += `${pen}${(i * step).toFixed(1)} ${(28 - (26 * value) / top).toFixed(1)}`; pen = "L";
    });
    box.append(draw("path", { d: line }));
  }
  return make("div", { class: "metric" }, make("span", {}, label), make("b", {}, number(now)), box);
}

function sink(pipeline, one, history) {
  const lines = history[`${pipeline.namespace}/${pipeline.name}.${one.name}`] || {};
  return make("div", { class: "sink" },
    make("h3", {}, one.name, make("small", {}, ` ${one.kind} · ${one.state}`)),
    make("div", { class: "metrics" }, ...SERIES.map(([key, label]) => sparkline(lines[key] || [], label))),
    make("p", {}, `${number(one.rowsWritten)} rows written, ${number(one.rowsDead)} dead letters, last batch ${number(one.batchAgeSeconds)} s ago`),
    one.lastError ? make("p", { class: "error" }, one.lastError.split("\n")[0]) : null);
}

function showPipelines(pipelines, history) {
  $("pipelines").replaceChildren(...pipelines.map((one) => {
    const kind = one.isHealthy === null ? "waiting" : one.isHealthy ? "good" : "bad";
    return make("article", { class: `card pipeline ${kind}` },
      make("h2", {}, one.name, make("small", {}, ` ${one.namespace} · ${one.phase}${one.topic ? ` · topic ${one.topic}` : ""}`)),
      one.message ? make("p", { class: one.isHealthy === false ? "error" : "" }, one.message) : null,
      ...one.sinks.map((each) => sink(one, each, history)));
  }));
}

// Events and alerts

function showEvents(alerts, events) {
  const lines = [
    ...alerts.map((one) => make("li", { class: one.state === "firing" ? "bad" : "waiting" },
      make("b", {}, one.name), ` ${one.state}, ${one.severity}, since ${ago(one.since)}: ${one.summary}`)),
    ...events.slice(0, 30).map((one) => make("li", { class: one.isWarning ? "bad" : "" },
      make("time", { datetime: one.at, title: one.at }, ago(one.at)), " ", make("b", {}, one.subject), ` ${one.message}`)),
  ];
  $("events").replaceChildren(...(lines.length ? lines : [make("li", {}, "Nothing has happened since this page looks.")]));
}

// Dead letters

function showLetters(answer) {
  $("letters-note").textContent = answer.problem || (answer.letters.length ? "The newest first; they stay until they are replayed." : "None.");
  const open = new Set([...document.querySelectorAll("#letters details[open]")].map((one) => one.dataset.key));
  $("letters").replaceChildren(...answer.letters.map((one) => {
    const key = `${one.pipeline}.${one.sink}/${one.partition}/${one.offset}`;
    const letter = make("details", { "data-key": key },
      make("summary", {}, make("b", {}, one.reason), ` ${one.detail} `, make("small", {},
        `${one.pipeline}.${one.sink}, partition ${one.partition}, offset ${one.offset}${one.at ? `, ${ago(one.at)}` : ""}`)),
      make("pre", {}, one.payload));
    letter.open = open.has(key);
    return letter;
  }));
}

// The map: no tiles. North is up, and a degree of longitude as long as it is there.

const RAMP = ["#4f63d2", "#7f57cc", "#b04fb4", "#d95a86", "#ee755a", "#f5a53a"];

function showMap(answer) {
  const fleet = answer.vehicles, map = $("map");
  $("map-note").textContent = answer.problem || (fleet.length
    ? `${number(fleet.length)} vehicles with their trails; colour is speed, 0 to 80 km/h` : "No table with positions was found.");
  if (!fleet.length) { map.replaceChildren(); map.setAttribute("viewBox", "0 0 1 0.1"); return; }
  const squeeze = Math.cos((fleet[0].trail[0][1] * Math.PI) / 180);
  const flat = ([lon, lat]) => [lon * squeeze, -lat];
  const ends = fleet.map((one) => flat(one.trail[one.trail.length - 1]));
  const span = (values) => {
    const sorted = values.sort((p, q) => p - q), at = (q) => sorted[Math.round(q * (sorted.length - 1))];
    const fence = 1.5 * (at(0.75) - at(0.25)) + 0.002;
    return [Math.max(sorted[0], at(0.25) - fence), Math.min(sorted[sorted.length - 1], at(0.75) + fence)];
  };
  const [x0, x1] = span(ends.map((one) => one[0])), [y0, y1] = span(ends.map((one) => one[1]));
  const size = Math.max(x1 - x0, y1 - y0, 0.004) * 1.08, unit = size / 300;
  const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
  map.setAttribute("viewBox", `${cx - size / 2} ${cy - size / 2.6} ${size} ${size / 1.3}`);
  const colour = (speed) => RAMP[Math.min(RAMP.length - 1, Math.floor((speed / 80) * RAMP.length))];
  map.replaceChildren(...fleet.flatMap((one, i) => {
    const points = one.trail.map(flat).map(([x, y]) => `${x.toFixed(6)},${y.toFixed(6)}`).join(" ");
    return [
      draw("polyline", { points, "stroke-width": unit * 0.7, stroke: colour(one.speed) }),
      draw("circle", { cx: ends[i][0], cy: ends[i][1], r: unit * 2, fill: colour(one.speed) },
        draw("title", {}, `${one.name}, ${Math.round(one.speed)} km/h, ${ago(one.at)}`)),
    ];
  }));
}

// All of it

async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function look() {
  try {
    const status = await get("api/status");
    $("title").textContent = status.title;
    if (status.look) {
      $("clock").textContent = `as of ${new Date(status.look.at).toLocaleTimeString()}`;
      showVerdict(status);
      showFlow(status.look.parts);
      showPipelines(status.look.pipelines, status.history);
      showEvents(status.alerts, status.events);
    }
    showLetters(await get("api/letters"));
    showMap(await get("api/vehicles"));
  } catch (error) {
    const section = $("verdict");
    section.className = "verdict bad";
    section.querySelector("h2").textContent = "This page's server does not answer";
    section.querySelector("p").textContent = `${error.message}; what is below is old`;
  }
}

async function forever() {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

forever();
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
