"use strict";

// Elements and figures. Whatever the program named becomes text, never markup.

/** An element with attributes (those that are false or missing left out) and children. */
const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

/** The same for SVG. */
const shape = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child != null && child !== false));
  return made;
}

const byId = (id) => document.getElementById(id);

const isDark = matchMedia("(prefers-color-scheme: dark)");

/** A colour of the style sheet. */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A count with its thousands apart. */
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

const counted = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

const percent = (part, whole) => `${(whole > 0 ? (part / whole) * 100 : 0).toFixed(1)} %`;

/** Nanoseconds with three digits or so, as the summary has them. */
function duration(nanos) {
  if (nanos == null) return "–";
  if (nanos < 1e3) return `${Math.round(nanos)} ns`;
  const [unit, scale] = nanos < 999950 ? ["µs", 1e3] : nanos < 999950e3 ? ["ms", 1e6] : ["s", 1e9];
  if (nanos >= 119950e6) return long(Math.floor(nanos / 1e9));
  const value = nanos / scale;
  return `${value.toFixed(value < 9.995 ? 2 : 1)} ${unit}`;
}

function long(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours < 1) return `${minutes}m ${two(seconds % 60)}s`;
  if (hours < 48) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** Bytes by powers of 1,024. */
function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const at = Math.min(Math.floor(Math.log2(Math.max(number, 1)) / 10), units.length - 1);
  const value = number / 1024 ** at;
  return `${Number.isInteger(value) ? count(value) : value.toFixed(value < 100 ? 2 : 1)} ${units[at]}`;
}

/** Places on a percentile curve's axis: at each nine more, and at one half where it has so much room. */
function nines(last, width, room) {
  const all = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((tick) => tick <= last * 1.001);
  const half = (width / Math.log10(last)) * Math.log10(2);
  return half > room ? [1, 2, ...all.slice(1)] : all;
}

/** `99.9 %` for 1,000. */
const percentileOf = (x) => `${+(100 - 100 / x).toFixed(5)} %`;

/** A name of which the beginning gives way where room is short: the end of a path says more. */
function shortName({ name, labels = "" }) {
  const last = name.lastIndexOf("::");
  const two = last > 0 ? name.lastIndexOf("::", last - 1) : -1;
  const from = last < 0 ? 0 : name.length - two > 36 ? last + 2 : two + (two < 0 ? 1 : 2);
  return element("span", { class: "name", title: name + labels },
    from > 0 && element("span", { class: "path" }, element("bdi", {}, name.slice(0, from))),
    element("span", { class: "tail" }, name.slice(from), labels && element("span", { class: "labels" }, labels)));
}
