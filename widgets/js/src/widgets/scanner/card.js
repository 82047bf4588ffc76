// The parts of a candidate's card beside images and light curve: heading, position, statistics, annotations, decisions.
import { copyText, h } from "../lib/dom.js";
import { duration, fixed, given, MISSING, shortTime, utcOfMjd } from "../lib/format.js";

export const DONE = { save: "saved", reject: "rejected" };

export function verdictBadge(mine, pending) {
  if (!mine && !pending) return h("span", { class: "skyhub-badge", dataset: { verdict: "none" } }, "undecided");
  const verdict = mine ?? "none";
  const word = mine ? DONE[mine] : "undoing";
  return h("span", { class: "skyhub-badge", dataset: { verdict, state: pending ? "pending" : "stored" } }, pending ? `${word} – storing` : word);
}

export function section(title, ...content) {
  return h("section", { class: "skyhub-section" }, h("h3", {}, title), ...content);
}

function copyButton(text, say) {
  const click = async () => {
    try {
      await copyText(text);
      say(`Copied ${text}`);
    } catch {
      say("The browser does not let this page copy.", "bad");
    }
  };
  return h("button", { type: "button", class: "skyhub-tool", "aria-label": `Copy ${text}`, title: "Copy", on: { click } }, "copy");
}

export function positionSection(card, say) {
  const { sexagesimal, degrees, galactic } = card.position;
  const rows = [
    ["RA, Dec", sexagesimal.join(" ").replace(/-/g, "−"), sexagesimal.join(" ")],
    ["degrees", degrees.map((value) => fixed(value, 6)).join("  "), degrees.join(" ")],
    ["l, b", galactic.map((value) => `${fixed(value, 4)}°`).join("  "), galactic.join(" ")],
  ];
  return section("Position (ICRS)", h("dl", { class: "skyhub-pairs skyhub-position" }, rows.flatMap(([name, shown, copied]) => [
    h("dt", {}, name), h("dd", {}, h("span", { class: "skyhub-mono" }, shown), copyButton(copied, say)),
  ])));
}

const measure = (point) => (point ? `${point.filter} ${fixed(point.mag, 2)}` : MISSING);

function when(point, reference) {
  if (!point) return "";
  const days = reference - point.mjd;
  const ago = Math.abs(days) < 0.02 ? "this alert" : `${duration(Math.abs(days))} ${days > 0 ? "before" : "after"}`;
  return h("span", { class: "skyhub-muted", title: `MJD ${fixed(point.mjd, 5)} · ${utcOfMjd(point.mjd)} UT` }, ago);
}

export function statisticsSection(card) {
  const s = card.statistics;
  const rise = given(s.rise_mag_per_day) ? `${fixed(s.rise_mag_per_day, 3)} mag/d` : MISSING;
  const pairs = [
    ["detections", `${s.n_detections} + ${s.n_limits} limits`, ""],
    ["first", measure(s.first), when(s.first, card.mjd)],
    ["last", measure(s.last), when(s.last, card.mjd)],
    ["peak", measure(s.peak), when(s.peak, card.mjd)],
    ["last limit", s.last_limit ? `${s.last_limit.filter} > ${fixed(s.last_limit.mag, 2)}` : MISSING, when(s.last_limit, card.mjd)],
    ["rise", rise, ""],
    ["age", duration(s.age_days), ""],
  ];
  return section("Statistics", h("table", { class: "skyhub-facts" }, h("tbody", {}, pairs.map(([name, value, note]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value), h("td", {}, note))))));
}

/** The groups whose filters the candidate passed; public filters have none. */
export function groupsOf(card) {
  return [...new Set((card?.filters ?? []).map((filter) => filter.group).filter(Boolean))];
}

/** When and how bright it was detected last. */
export function lastDetected(card) {
  const { last } = card.statistics;
  return last ? h("span", { class: "skyhub-muted", title: `MJD ${fixed(last.mjd, 5)}` }, `last detected ${utcOfMjd(last.mjd).slice(5, 16)} UT, ${measure(last)}`) : null;
}

// Without `choose` nothing is chosen here: saving asks for the groups.
export function filtersSection(card, chosen, choose) {
  const groups = groupsOf(card);
  const names = h("ul", { class: "skyhub-plain" }, card.filters.map((filter) => h("li", {}, filter.name, h("span", { class: "skyhub-muted" }, ` · ${filter.group ?? "public"}`))));
  if (groups.length < 2 || choose === null) return section("Passed filters", names);
  const chips = groups.map((group) => h("button", {
    type: "button", class: "skyhub-chip", "aria-pressed": String(chosen.has(group)), on: { click: () => choose(group) },
  }, group));
  return section("Passed filters", names, h("div", { class: "skyhub-chips", role: "group", "aria-label": "Groups to save to" }, h("span", { class: "skyhub-muted" }, "save to"), chips));
}

export function decisionsSection(card, user) {
  if (card.decisions.length === 0) return section("Decisions", h("p", { class: "skyhub-muted" }, "Nobody has decided yet."));
  const rows = card.decisions.map((decision) => h("li", { dataset: { verdict: decision.verdict } },
    h("span", { class: "skyhub-who" }, decision.user === user ? "you" : decision.user),
    ` ${DONE[decision.verdict] ?? decision.verdict}`,
    h("span", { class: "skyhub-muted" }, ` ${shortTime(decision.decided_at)} UT`, (decision.groups ?? []).length ? ` · ${decision.groups.join(", ")}` : "")));
  return section("Decisions", h("ul", { class: "skyhub-plain skyhub-decisions" }, rows));
}
