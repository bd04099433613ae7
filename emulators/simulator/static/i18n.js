// The language of the page: navigator.language unless the person chose one.
import { en } from "./texts-en.js";
import { hans } from "./texts-zh-hans.js";
import { hant } from "./texts-zh-hant.js";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文" };
const DICTIONARIES = { en, "zh-Hans": hans, "zh-Hant": hant };
let language = pick(stored() || navigator.language);

function stored() {
  try {
    return localStorage.getItem("simulator.language");
  } catch {
    return null;
  }
}

function pick(tag) {
  if (/^zh-(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
  return /^zh/i.test(tag) ? "zh-Hans" : "en";
}

export const current = () => language;

export function choose(tag) {
  language = pick(tag);
  localStorage.setItem("simulator.language", language);
}

/** The text of a key; `{name}` places are filled from `values`. */
export function t(key, values) {
  const text = DICTIONARIES[language][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values?.[name] ?? whole);
}

export const clock = (seconds) => new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(seconds * 1000);

/** "Today", "Yesterday" or a date, for the separators of a conversation. */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
  const sameYear = date.getFullYear() === new Date().getFullYear();
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: sameYear ? undefined : "numeric" }).format(date);
}

const UNITS = [[1e6, "megabyte"], [1e3, "kilobyte"], [1, "byte"]];

/** A number of bytes in the unit people use for it. */
export function size(bytes) {
  const [divisor, unit] = UNITS.find(([least]) => bytes >= least) || UNITS.at(-1);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: 1 }).format(bytes / divisor);
}
