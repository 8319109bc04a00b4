// Names and figures as text.

const HIDDEN = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text on one line and in its own direction: what cannot be seen is shown escaped, as reports show it. */
const printable = (text) => String(text).replace(HIDDEN, (hidden) => `\\u{${hidden.codePointAt(0).toString(16)}}`);

const LONGEST = 160;

/** Text that fits a line or two; what is left out is in its middle. */
function shortened(text, most = LONGEST) {
  const letters = [...printable(text).slice(0, 20000)];
  if (letters.length <= most) return letters.join("");
  const half = Math.floor((most - 1) / 2);
  return `${letters.slice(0, half).join("")}…${letters.slice(-half).join("")}`;
}

/** The text of a tooltip: nobody reads ten thousand letters in one. */
const hintOf = (text) => shortened(text, 1000);

const labelsText = (labels) => {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? ` {${pairs.join(", ")}}` : "";
};

/** A name with its labels, its beginning giving way where room is short. */
function nameOf({ name, labels }) {
  const made = shortName({ name: shortened(name), labels: shortened(labelsText(labels)) });
  made.title = hintOf(name + labelsText(labels));
  return made;
}

const NONE = "–";

/** A share from 0 to 1 in percent. */
function ratio(share) {
  if (share == null) return NONE;
  if (share === 0) return "0 %";
  if (Math.abs(share) < 0.0001) return "< 0.01 %";
  return `${(share * 100).toFixed(Math.abs(share) < 0.1 ? 2 : 1)} %`;
}

/** A number with three digits or so. */
function number(value) {
  if (value == null || Number.isNaN(value)) return NONE;
  if (value < 0) return `−${number(-value)}`;
  if (Number.isInteger(value) && value < 1e15) return count(value);
  if (value >= 1e15 || value < 0.001) return value.toExponential(2);
  return value >= 1000 ? number(Math.round(value)) : String(+value.toPrecision(4));
}

/** Calls in a second, without the unit. */
function rate(value) {
  if (value == null) return NONE;
  if (value === 0) return "0";
  if (value < 0.01) return "< 0.01";
  return value >= 100 ? count(Math.round(value)) : value.toFixed(value < 10 ? 2 : 1);
}

const perSecond = (value) => (value == null ? NONE : `${rate(value)}/s`);

const SECONDS = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3600 };

const ofTime = (nanos) => (nanos < 0 ? `−${duration(-nanos)}` : duration(nanos));

/** A value with its unit (a UCUM code); a ratio's name says that it is one. */
function measure(value, unit, name = "") {
  if (value == null) return NONE;
  const over = /^(.+)\/s$/.exec(unit ?? "");
  if (over) return `${measure(value, over[1])}/s`;
  if (unit === "By") return value < 0 ? `−${bytes(-value)}` : bytes(value);
  if (isPointInTime(unit, name)) return moment(value * 1e3);
  if (unit in SECONDS) return ofTime(value * SECONDS[unit] * 1e9);
  if (isRatio(unit, name)) return ratio(value);
  return unit == null || unit === "1" || unit === "" || unit.startsWith("{") ? number(value) : `${number(value)} ${unit === "Cel" ? "°C" : shortened(unit, 24)}`;
}

const isRatio = (unit, name) => unit === "1" && /(ratio|utili[sz]ation|usage|share|fraction)$/.test(name);

/** Seconds since 1970, by its name. */
const isPointInTime = (unit, name) => unit === "s" && /(start_time|timestamp)(_seconds)?$/.test(name);

/** Without zeros that say nothing, for an axis: `2 ms` of `2.00 ms`. */
const plain = (text) => text.replace(/\.(\d*?)0+(?=\D|$)/, (_, digits) => (digits ? `.${digits}` : ""));

const clockStyle = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const minuteStyle = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const dateStyle = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayStyle = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

const clock = (ms) => clockStyle.format(ms);

/** The time of day, with the day where that is another. */
const moment = (ms) => (new Date(ms).toDateString() === new Date().toDateString() ? clock(ms) : dayStyle.format(ms));

const timeOf = (ms) => element("time", { datetime: new Date(ms).toISOString() }, moment(ms));

/** How long something lasts, as `4m 12s`. */
const lasting = (ms) => (ms < 1000 ? "under 1 s" : ms < 60e3 ? `${Math.floor(ms / 1e3)} s` : long(Math.floor(ms / 1e3)));
