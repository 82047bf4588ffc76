// What a card says at a glance beside its name: who saved the object, and what catalogues know at its place.
import { h } from "../lib/dom.js";
import { fixed, given, significant } from "../lib/format.js";

const NEAR_MINOR_PLANET = 5; // arcsec

const arcsec = (value) => (given(value) ? ` ${fixed(value, 1)}″` : "");
const redshift = (value) => (given(value) ? `z ${significant(value, 3)}` : null);
const words = (...parts) => parts.filter((part) => part !== null && part !== undefined && part !== "").join(" · ");

// name, warning or not, and how what is known is told
const KINDS = {
  tns: ["TNS", true, (t) => words(t.name, t.class, redshift(t.redshift))],
  host: ["host", false, (t) => words(t.name, redshift(t.redshift), given(t.offset_kpc) ? `${fixed(t.offset_kpc, 1)} kpc` : null)],
  star: ["star", true, (t) => words(t.name, given(t.mag) ? `${fixed(t.mag, 1)} mag` : null)],
  agn: ["AGN", true, (t) => words(t.name, t.class, redshift(t.redshift))],
  variable: ["variable", true, (t) => words(t.name, t.class)],
  minor_planet: ["minor planet", true, (t) => words(t.name, given(t.mag) ? `${fixed(t.mag, 1)} mag` : null)],
};

// The minor planet that the alert itself names, where no context says it
function minorPlanetOf(card) {
  const value = (key) => card.annotations.find((note) => note.key === key)?.value;
  const [name, separation] = [value("sso_name"), value("sso_distance")];
  return name && given(separation) && separation >= 0 && separation < NEAR_MINOR_PLANET ? { name, separation } : null;
}

// A catalogue of the TNS was searched, and knows nothing there: unlike one that was never loaded
function noMatch(context) {
  const searched = !context.tns && (context.searched ?? []).includes("tns");
  return searched ? [h("span", { class: "skyhub-known", dataset: { kind: "tns", warns: "false" } }, "no match in the TNS")] : [];
}

export function contextBadges(card) {
  const context = { minor_planet: minorPlanetOf(card), ...(card.context ?? {}) };
  context.minor_planet ??= minorPlanetOf(card);
  const badges = Object.entries(KINDS).filter(([kind]) => context[kind]).map(([kind, [name, warns, told]]) => {
    const found = context[kind];
    return h("span", { class: "skyhub-known", dataset: { kind, warns: String(warns) }, title: found.catalog ? `${name}: ${found.catalog}` : name },
      h("b", {}, name), ` ${told(found)}${arcsec(found.separation)}`);
  });
  return [...noMatch(context), ...badges];
}

export function savedBadge(card) {
  const saved = card.saved ?? [];
  if (saved.length === 0) return null;
  const who = saved.map((entry) => `${entry.group}, by ${entry.saved_by}`).join("; ");
  return h("span", { class: "skyhub-known", dataset: { kind: "saved" }, title: `Saved: ${who}` }, `source of ${saved.map((entry) => entry.group).join(", ")}`);
}
