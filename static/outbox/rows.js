// Takes the taps of a roster into the outbox, and draws over its rows what the service has not answered yet.
import { announce } from "../app.js";
import { now } from "./clock.js";
import { sending, sendingState, wake } from "./send.js";
import { addEntry, allEntries, waitingEntries } from "./store.js";

const MARKS = ["present", "remote", "excused", "justified", "absent"];
const ADDRESS = /^\/meetings\/([\w-]+)\/marks\/([\w-]+)(\/undo\?to=(\w*))?$/;
// How long an answer may take before the row says that its mark waits.
const PATIENCE = 1000;
const UNDO_IN_WORDS = 10 * 1000;

const plain = new WeakSet();
const undoUntil = new Map();
let user = "";
let words = {};
let copyAt = 0;
let usable = true;
let taps = Promise.resolve();
let drawing = Promise.resolve();

/** Watches the rosters of the page for this person. `at`: when the copy was made that the page is, if it is one. */
export function watchRows(person, texts, at) {
  [user, words, copyAt] = [person, texts, at];
  document.addEventListener("submit", caught, true);
  // What was tapped before (outbox_first.js).
  document.dispatchEvent(new Event("outbox"));
  document.addEventListener("htmx:after:swap", drawRows);
  // A tab left open by somebody else may tell of theirs: what they may see need not be this person's to see.
  sending.addEventListener("answered", ({ detail }) => { if (detail.entry.by === user) answered(detail); });
  sending.addEventListener("failed", ({ detail }) => { if (detail.entry.by === user) failed(detail.entry); });
  sending.addEventListener("checked", drawRows);
  drawRows();
}

/** Lets the forms go as they are: this browser keeps nothing. */
export function sendPlainly() {
  usable = false;
}

const rowOf = (client) => document.getElementById(`row-${client}`);
const nameOf = (row) => row.querySelector(".roster-row__name")?.textContent ?? "";

// ------------------------------------------------------------------------------------------ a tap

function caught(event) {
  const form = event.target;
  const lists = document.querySelectorAll("[data-outbox]");
  if (!usable || !lists.length || plain.delete(form)) return;
  const wishes = form.matches("#all-present form") ? wishesForRest(lists[0]) : [wishOf(form, event.submitter)];
  if (wishes.includes(null)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.closest("details")) form.closest("details").open = false;
  for (const wish of wishes) take(wish);
}

/** What a form of a row asks, as an entry without its id; null when it is no such form. */
function wishOf(form, button) {
  const found = ADDRESS.exec(form.getAttribute("action"));
  const row = form.closest("[data-outbox] [data-row]");
  if (!found || !row || !(found[3] || button?.value)) return null;
  const [, meeting, client, undo, back] = found;
  return { meeting, client, mark: undo ? back : button.value, undo: Boolean(undo), form, button, seen: row.dataset.seen, shown: markOf(row), split: row.classList.contains("has-conflict"), deviceAt: new Date().toISOString() };
}

/** A tap is under way in the row: what it shows is not yet what was tapped. */
export const isUnderWay = (row) => row.querySelector(".is-sending, [aria-busy=true]") !== null;

/** "Present" for everybody who has no mark yet, and no tap under way. */
function wishesForRest(list) {
  const keys = [...list.children].filter((row) => !markOf(row) && !isUnderWay(row)).map((row) => row.querySelector(".key--present"));
  return keys.filter(Boolean).map((key) => wishOf(key.form, key));
}

/** One tap after another is written down; then it is sent. */
function take(wish) {
  busy(wish.form, wish.button);
  taps = taps.then(() => keep(wish)).catch(() => announce(document.getElementById("announcer").dataset.refused));
}

async function keep({ form, button, undo, ...wish }) {
  let entry;
  try {
    entry = { ...wish, ...await seenBy(wish), id: newId(), by: user, at: await now() };
    await addEntry(entry);
  } catch {
    ready(form);
    plain.add(form);
    form.requestSubmit(button);
    return;
  }
  if (undo) undoUntil.delete(entry.client);
  else undoUntil.set(entry.client, Date.now() + UNDO_IN_WORDS);
  wake();
  if (sendingState() !== "idle") failed(entry);
  else setTimeout(() => late(entry), PATIENCE);
  setTimeout(() => sending.dispatchEvent(new Event("late")), PATIENCE);
  setTimeout(drawRows, UNDO_IN_WORDS);
}

/** 128 random bits in 22 characters. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").slice(0, 22);
}

/** What the tapping person had before the eyes: the own entry before this one, or what the row told. */
async function seenBy({ meeting, client, seen, shown, split }) {
  const own = await ownBefore({ meeting, client, seen });
  return own ? { seen: own.id, shown: own.mark, split: false } : { seen: String(seen), shown, split };
}

/** The own entry that the row does not show yet as the service has it; nothing when there is none. */
async function ownBefore({ meeting, client, seen }) {
  const own = (entry) => entry.by === user && entry.meeting === meeting && entry.client === client;
  const { waiting, sent } = await allEntries();
  const before = waiting.filter(own).filter((entry) => !entry.refused).at(-1);
  if (before) return before;
  const last = sent.filter(own).at(-1);
  return last && last.after > Number(seen) ? last : null;
}

function busy(form, button) {
  button?.classList.add("is-sending");
  form.classList.add("htmx-request");
  form.setAttribute("aria-busy", "true");
}

function ready(form) {
  form.querySelectorAll(".is-sending").forEach((button) => button.classList.remove("is-sending"));
  form.classList.remove("htmx-request");
  form.removeAttribute("aria-busy");
}

// ---------------------------------------------------------------------------------- what came of it

async function answered({ entry, text }) {
  const row = rowOf(entry.client);
  if (!row?.closest(`[data-outbox="${entry.meeting}"]`)) return;
  row.querySelectorAll(".htmx-request").forEach(ready);
  await window.htmx.swap({ sourceElement: row, target: row, swap: "outerMorph", text, response: { status: 200 } });
  drawRows();
}

async function late(entry) {
  const waiting = await waitingEntries();
  if (waiting.some((each) => each.id === entry.id && !each.tries)) toldToWait(entry);
}

function failed(entry) {
  rowOf(entry.client)?.querySelectorAll(".htmx-request").forEach(ready);
  toldToWait(entry);
}

function toldToWait(entry) {
  const row = rowOf(entry.client);
  if (!row?.closest(`[data-outbox="${entry.meeting}"]`)) return;
  drawRows();
  if (entry.tries) return;
  const key = row.querySelector(`.key--${entry.mark} span`)?.textContent ?? words.unmarked;
  announce(entry.refused ? `${nameOf(row)}: ${refusal(entry)}` : `${nameOf(row)}: ${key}. ${words.waiting}.`);
}

// ------------------------------------------------------------------------------------- the drawing

/** Draws over every row of the page what waits, and what was sent since the row was drawn. */
export function drawRows() {
  // Where the browser keeps nothing there is nothing to draw.
  drawing = drawing.then(draw).catch(() => {});
}

async function draw() {
  const lists = [...document.querySelectorAll("[data-outbox]")];
  if (!lists.length || !usable) return;
  const [{ sent, waiting }, at] = [await allEntries(), await now()];
  for (const list of lists) {
    const here = (entry) => entry.by === user && entry.meeting === list.dataset.outbox;
    const own = [...sent.filter(here), ...waiting.filter(here).filter((entry) => isShown(entry, at))];
    for (const row of list.querySelectorAll("[data-row]")) {
      const client = row.id.replace("row-", "");
      drawRow(row, client, own.filter((entry) => entry.client === client));
    }
  }
  recount(lists[0]);
}

const isShown = (entry, at) => entry.refused || entry.tries || sendingState() !== "idle" || Math.abs(at - entry.at) >= PATIENCE;

function drawRow(row, client, entries) {
  const base = baseOf(row);
  const stood = base.mark ? [base.back, base.mark] : [""];
  let state = "";
  for (const entry of entries.filter((each) => !each.refused)) {
    const isReview = entry.answer === "review";
    if (isReview && entry.answeredAt > copyAt && copyAt) state = "review";
    if (entry.answer && (isReview || entry.after <= Number(row.dataset.seen))) continue;
    state = entry.answer ? "sent" : "waiting";
    step(stood, entry.mark);
  }
  if (state) paint(row, base, stood, state);
  else if (row.dataset.base) unpaint(row, base);
  sayRefused(row, entries.filter((entry) => entry.refused).at(-1));
  sayUndo(row, client);
}

/** Going back to what stood before undoes a change and is no new one. */
function step(stood, mark) {
  if (stood.at(-1) === mark) return;
  if (stood.length > 1 && stood.at(-2) === mark) stood.pop();
  else stood.push(mark);
}

const markOf = (row) => MARKS.find((mark) => row.classList.contains(`roster-row--${mark}`)) ?? "";
const undoForm = (row) => row.querySelector(".roster-row__tools form[action*='/undo']");

/** The row as the service has drawn it. */
function baseOf(row) {
  if (row.dataset.base) return JSON.parse(row.dataset.base);
  return { mark: markOf(row), back: undoForm(row)?.getAttribute("action").split("to=")[1] ?? "", undo: Boolean(undoForm(row)) };
}

function paint(row, base, stood, state) {
  row.dataset.base = JSON.stringify(base);
  row.dataset.sending = state;
  press(row, stood.at(-1));
  offerUndo(row, stood.at(-2));
  let line = row.querySelector(".roster-row__sending");
  if (!line) {
    line = document.createElement("p");
    line.className = "roster-row__sending";
    row.append(line);
  }
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  const name = { waiting: "clock", sent: "check", review: "info" }[state];
  line.replaceChildren(iconOf(name), Object.assign(document.createElement("span"), { textContent: words[state] }));
}

/** Beside what stands: a mark that was not taken stays to be found, also when somebody has checked it. */
function sayRefused(row, entry) {
  row.querySelector(".roster-row__refused")?.remove();
  if (!entry) return;
  const line = Object.assign(document.createElement("p"), { className: "roster-row__refused" });
  line.classList.toggle("is-checked", Boolean(entry.checked));
  line.append(iconOf(entry.checked ? "info" : "alert"), Object.assign(document.createElement("span"), { textContent: refusal(entry) }));
  row.append(line);
}

/** Which mark was not taken, and when it was made. */
function refusal(entry) {
  const mark = rowOf(entry.client)?.querySelector(`.key--${entry.mark} span`)?.textContent ?? words.unmarked;
  const time = new Date(entry.at).toLocaleString(document.documentElement.lang, { day: "numeric", month: "numeric", hour: "numeric", minute: "2-digit" });
  return (entry.checked ? words.refusedChecked : words.refused).replace("{mark}", mark).replace("{time}", time);
}

function unpaint(row, base) {
  delete row.dataset.base;
  delete row.dataset.sending;
  row.querySelector(".roster-row__sending")?.remove();
  press(row, base.mark);
  offerUndo(row, base.undo ? base.back : undefined);
}

function press(row, mark) {
  for (const each of MARKS) row.classList.toggle(`roster-row--${each}`, each === mark);
  for (const key of row.querySelectorAll(".key")) {
    const pressed = key.value === mark;
    if (pressed === (key.getAttribute("aria-pressed") === "true")) continue;
    key.setAttribute("aria-pressed", String(pressed));
    if (pressed) key.prepend(iconOf("check"));
    else key.querySelector(".icon")?.remove();
  }
}

/** The undo tool that brings `back` back; none when there is nothing to bring back. */
function offerUndo(row, back) {
  const found = undoForm(row);
  const marks = row.querySelector(".roster-row__marks");
  if (back === undefined || !marks) {
    const isFocused = found?.contains(document.activeElement);
    found?.remove();
    if (isFocused) row.querySelector(".key")?.focus({ preventScroll: true });
    return;
  }
  const action = `${marks.getAttribute("action")}/undo?to=${back}`;
  const form = found ?? newUndo(row, marks);
  if (form.getAttribute("action") === action) return;
  form.setAttribute("action", action);
  form.setAttribute("hx-post", action);
}

function newUndo(row, marks) {
  const form = Object.assign(document.createElement("form"), { method: "post" });
  const button = Object.assign(document.createElement("button"), { type: "submit", className: "tool", title: words.undo });
  const said = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: `${words.undo}: ${nameOf(row)}` });
  button.append(iconOf("undo"), said);
  form.append(marks.querySelector("[name=csrf_token]").cloneNode(), button);
  row.querySelector(".roster-row__tools").prepend(form);
  return form;
}

/** For ten seconds after a tap the undo says its name; then it is the small tool again. */
function sayUndo(row, client) {
  const button = undoForm(row)?.querySelector("button");
  const told = button?.querySelector(".tool__word");
  if ((undoUntil.get(client) ?? 0) <= Date.now()) {
    told?.remove();
    return;
  }
  if (!button || told) return;
  const word = Object.assign(document.createElement("span"), { className: "tool__word", textContent: words.undo });
  word.setAttribute("aria-hidden", "true");
  button.append(word);
}

export function iconOf(name) {
  return document.getElementById("outbox-icons").content.querySelector(`.icon--${name}`).cloneNode(true);
}

/** The head count with the marks that wait. */
function recount(list) {
  const head = document.getElementById("roster-count");
  const rows = [...list.children];
  if (!head || !rows.some((row) => row.dataset.base)) return;
  const marks = rows.map(markOf);
  const count = { present: 0, remote: 0, away: 0, unmarked: 0 };
  for (const mark of marks) count[mark === "" ? "unmarked" : mark in count ? mark : "away"] += 1;
  const told = Object.entries(count).filter(([name, n]) => n || name === "present" || name === "unmarked");
  head.querySelector(".roster-count__detail").textContent = told.map(([name, n]) => counted(words.counts[name], n)).join(" · ");
  head.querySelectorAll(".pip").forEach((pip, n) => { pip.className = marks[n] ? `pip pip--${marks[n]}` : "pip"; });
  head.classList.toggle("roster-count--complete", !count.unmarked);
}

/** A number in words; `forms` are those for one and for many. */
export const counted = ([one, many], n) => (n === 1 ? one : many).replace("{n}", String(n));
