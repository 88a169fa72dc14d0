/** uPlot in our colours, drawn anew when those change or the room does. */

import uPlot from "./vendor/uplot.js";
import { make } from "../dom.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * @param {string} label what the chart shows, for those who cannot see it
 * @param {(width: number) => [object, unknown[]]} build options and data for that width
 */
export function chart(label, build) {
  const box = make("div", { class: "chart", role: "img", "aria-label": label });
  /** @type {any} */
  let plot = null;
  const draw = () => {
    const width = box.clientWidth;
    if (!width) return;
    const [options, data] = build(width);
    plot?.destroy();
    plot = new uPlot({ width, height: 220, cursor: { y: false }, legend: { show: false }, ...options }, data, box);
  };
  let width = 0;
  const room = new ResizeObserver(() => {
    if (box.clientWidth !== width) {
      width = box.clientWidth;
      draw();
    }
  });
  room.observe(box);
  dark.addEventListener("change", draw);
  return {
    box,
    draw,
    leave() {
      room.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    },
  };
}

export function axis(more = {}) {
  return {
    stroke: colour("soft"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
    ...more,
  };
}

const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** Times of day, and the date where a new one begins. */
function hours(_, ticks) {
  return ticks.map((one) => {
    const date = new Date(one * 1000);
    return (date.getHours() || date.getMinutes() ? HOUR : DAY).format(date);
  });
}

/** @param {{label: string, colour: string}[]} series */
export function key(series) {
  return make(
    "ul",
    { class: "key" },
    series.map((one) => {
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = `var(--${one.colour})`;
      return make("li", {}, [swatch, one.label]);
    }),
  );
}

/**
 * Bars on top of each other.
 * @param {number[]} times
 * @param {{label: string, colour: string, values: number[]}[]} series the lowest first
 */
export function stacked(times, series, piece) {
  const sums = [];
  let below = times.map(() => 0);
  for (const one of series) {
    below = below.map((sum, at) => sum + one.values[at]);
    sums.push(below);
  }
  const bars = uPlot.paths.bars({ size: [0.82, 40], align: 0 });
  const drawn = series
    .map((one, at) => ({
      label: one.label,
      fill: colour(one.colour),
      stroke: colour(one.colour),
      width: 0,
      paths: bars,
      points: { show: false },
      at,
    }))
    .reverse();
  const most = Math.max(1, ...(sums.at(-1) ?? [1]));
  return [
    {
      scales: {
        x: { range: [times[0] - piece / 2, (times.at(-1) ?? 0) + piece / 2] },
        y: { range: [0, most * 1.08] },
      },
      axes: [axis({ values: hours, space: 64, size: 30 }), axis({ size: 42, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5] })],
      series: [{}, ...drawn],
    },
    [times, ...drawn.map((one) => sums[one.at])],
  ];
}

/** @param {object[]} series @param {(number | null)[][]} data */
export function lines(series, data, more = {}) {
  return [
    {
      axes: [axis({ size: 30 }), axis({ size: 48, values: (_, ticks) => ticks.map((one) => `${Math.round(one * 100)} %`) })],
      series: [{}, ...series.map((one) => ({ width: 2, ...one, stroke: colour(one.colour) }))],
      ...more,
    },
    data,
  ];
}
