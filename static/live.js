// Marks of other tablets: asks whether the roster has changed, and swaps the rows that have, one by one.
import { announce } from "./app.js";
import { learnTime } from "./outbox/clock.js";
import { heeded } from "./outbox/revoked.js";
import { isUnderWay } from "./outbox/rows.js";
import { sending } from "./outbox/send.js";
import { within } from "./within.js";

const EVERY = 4000;
const LONGEST = 60 * 1000;

const here = document.getElementById("live");
let version = here?.dataset.version;
let wait = EVERY;
let timer = 0;
let running = false;
let outgrown = false;

if (here) {
  document.addEventListener("visibilitychange", again);
  addEventListener("online", again);
  later();
}

/** Asks at once when the page is looked at again, or the network is back; a hidden page asks nothing. */
function again() {
  clearTimeout(timer);
  wait = EVERY;
  if (!document.hidden) ask();
}

/** No two tablets ask at the same moment. */
function later() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, wait * (0.9 + Math.random() / 5));
}

async function ask() {
  if (running || document.hidden) return;
  running = true;
  try {
    await look();
    wait = EVERY;
  } catch {
    wait = Math.min(wait * 2, LONGEST);
  } finally {
    running = false;
  }
  later();
}

/** Fetches what has changed, if anything has. */
async function look() {
  if (outgrown) loadAgain();
  const response = await reached(`${here.dataset.href}&seen=${version}`);
  if (response.status === 204) return sending.dispatchEvent(new Event("live"));
  // What let the page ask holds no longer: loaded again it gets another, or asks who is there.
  if (response.status === 403) {
    outgrown = true;
    return loadAgain();
  }
  if (response.status !== 200 || !response.headers.get("content-type")?.startsWith("text/plain")) throw new Error("no answer");
  const found = await response.text();
  if (await fetchRows()) {
    version = found;
    sending.dispatchEvent(new Event("live"));
  }
}

async function reached(address, headers = {}) {
  const response = await fetch(address, { headers, redirect: "manual", cache: "no-store", signal: within() });
  await learnTime(response);
  return heeded(response);
}

const rowsHere = () => [...document.querySelectorAll("[data-row]")];

/** Swaps the changed rows in; true when none of them had to be held back. */
async function fetchRows() {
  const have = rowsHere().map((row) => row.dataset.version).join(".");
  const response = await reached(`${here.dataset.rows}?have=${have}`, { "HX-Request": "true" });
  if (response.status !== 200 || !response.headers.has("Roster-Shape")) throw new Error("no rows");
  const piece = document.createElement("template");
  piece.innerHTML = await response.text();
  const sentences = [];
  let all = true;
  for (const fresh of piece.content.querySelectorAll("[data-row]")) {
    const row = document.getElementById(fresh.id);
    if (!row || row.dataset.version === fresh.dataset.version) continue;
    if (isHeld(row)) {
      all = false;
      continue;
    }
    sentences.push(fresh.dataset.announce);
    fresh.removeAttribute("data-announce");
    await swap(row, fresh);
  }
  const [count, head] = [document.getElementById("roster-count"), piece.content.querySelector("#roster-count")];
  head?.removeAttribute("hx-swap-oob");
  if (all && count && head) await swap(count, head);
  if (sentences.length) announce(sentences.join(". "));
  // Who has come or gone is drawn by the whole page; the marks of the others are here already.
  outgrown = response.headers.get("Roster-Shape") !== here.dataset.shape;
  if (outgrown) loadAgain();
  else here.hidden = true;
  return all;
}

const swap = (target, fresh) =>
  window.htmx.swap({ sourceElement: target, target, swap: "outerMorph", text: fresh.outerHTML, response: { status: 200 } });

/** A tap of this tablet is under way in the row, or waits to be sent: its own answer draws it. */
const isHeld = (row) => row.dataset.sending === "waiting" || isUnderWay(row);

/** Other people or times: the whole page, as soon as nobody is busy on it; until then it says so. */
function loadAgain() {
  const busy = document.activeElement !== document.body || document.querySelector("details[open], dialog[open]") || rowsHere().some(isHeld);
  if (!busy) location.reload();
  else if (here.hidden) {
    here.hidden = false;
    announce(here.querySelector("p").firstChild.textContent.trim());
  }
}
