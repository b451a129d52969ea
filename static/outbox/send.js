// Sends the waiting entries: in order for each person and meeting, again and again until each is answered.
import { learnTime, now } from "./clock.js";
import { allEntries, forgetSent, noteEntry, sendAgain, sentEntries, settleEntry } from "./store.js";

const WAITS = [1000, 2000, 5000, 15000, 60000];
const A_MINUTE = 60 * 1000;
const TIMEOUT = 20 * 1000;
// A tab that the browser has put to sleep in the middle of its turn keeps the others waiting no longer than this.
const LONGEST_TURN = 45 * 1000;
const REMEMBERED = 3 * 24 * 60 * 60 * 1000;
const MOST_ASKED = 500;
const TAKEN = ["accepted", "review"];

/** Tells the page: "answered" and "failed" of one entry, "state" of the sending, "revoked" of the device. */
export const sending = new EventTarget();

const others = "BroadcastChannel" in globalThis ? new BroadcastChannel("outbox") : null;
let user = "";
let token = "";
let state = "idle";
let step = 0;
let timer = 0;
let running = false;
let wanted = false;
// Whether the service has turned out to be an older copy of itself, and has not been asked yet what it lacks.
let lacking = false;

const tell = (name, detail) => sending.dispatchEvent(new CustomEvent(name, { detail }));
const lane = (entry) => `${entry.meeting} ${entry.client}`;

/** How the sending goes: idle, offline, busy, signed-out, locked or other (somebody else is signed in). */
export const sendingState = () => state;

/** Sends from now on what this person has tapped. */
export function startSending(person, formToken) {
  user = person;
  token = formToken;
  others?.addEventListener("message", ({ data }) => tell(data.name, data.detail));
  addEventListener("online", wakeAtOnce);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wakeAtOnce(); });
  // What another window left behind when it was closed.
  setInterval(() => { if (state === "idle") wake(); }, A_MINUTE);
  wakeAtOnce();
}

function wakeAtOnce() {
  step = 0;
  wake();
}

/** Sends what waits, now; while it is being sent, what has come meanwhile follows. */
export async function wake() {
  wanted = true;
  if (running || !user) return;
  running = true;
  try {
    while (wanted) {
      wanted = false;
      clearTimeout(timer);
      settle(await alone(round).catch(() => "busy"));
      if (!lacking || state !== "idle") continue;
      lacking = !(await recoverSent().catch(() => false));
      if (lacking) tryLater();
    }
  } finally {
    running = false;
  }
}

/** One tab at a time; where that cannot be two may send the same, which the service takes once. */
async function alone(work) {
  if (!navigator.locks) return work();
  const waiting = new AbortController();
  const clock = setTimeout(() => waiting.abort(), LONGEST_TURN);
  const mine = () => {
    clearTimeout(clock);
    return work();
  };
  return navigator.locks.request("outbox", { signal: waiting.signal }, mine).catch((error) => {
    if (waiting.signal.aborted) return work();
    throw error;
  });
}

/** Tries again later, unless all has been answered; waits grow, and no two tablets wait alike. */
function settle(outcome) {
  const before = state;
  state = outcome;
  if (outcome !== "idle") tryLater();
  else step = 0;
  tell("state", { state, before });
}

function tryLater() {
  clearTimeout(timer);
  timer = setTimeout(wake, WAITS[step] * (0.75 + Math.random() / 2));
  step = Math.min(step + 1, WAITS.length - 1);
}

/** Goes once through what waits: a person whose entry stays does not hold up the others. */
async function round() {
  const stuck = new Set();
  for (;;) {
    const { waiting, sent } = await allEntries();
    const entry = nextOf(waiting.filter((each) => each.by === user && !each.refused), stuck);
    if (!entry) return stuck.size ? "busy" : "idle";
    // An answer that the device has no room to keep holds up this person's entries alone.
    const outcome = await deliver(entry, sentBefore(entry, sent)).catch(() => "stuck");
    if (outcome === "answered" || outcome === "refused") continue;
    // What was tapped while the clock was ahead waits from now on, not from a day to come.
    await noteEntry(entry.id, { tries: entry.tries + 1, at: Math.min(entry.at, await now()) }).catch(() => {});
    tell("failed", { entry });
    if (outcome !== "stuck") return outcome;
    stuck.add(lane(entry));
  }
}

/** The first entry of each person and meeting; of these the one least often tried. */
function nextOf(entries, stuck) {
  const heads = new Map();
  for (const entry of entries) if (!heads.has(lane(entry))) heads.set(lane(entry), entry);
  const ready = [...heads].filter(([name]) => !stuck.has(name)).map(([, entry]) => entry);
  return ready.sort((one, other) => one.tries - other.tries || one.seq - other.seq)[0];
}

/** Sends one entry and keeps its answer; `previous` came before it, or the service takes neither yet. */
async function deliver(entry, previous) {
  const got = await posted(addressOf(entry), () => ({ ...fieldsOf(entry), previous }), entry.tries > 0);
  if (typeof got === "string") return got;
  const answer = got.headers.get("Entry-Answer");
  // A connection that ends among the headers leaves an answer without its row.
  if (got.status === 200 && TAKEN.includes(answer) && got.text.includes(`row-${entry.client}`)) {
    const after = Number(/data-seen="(\d+)"/.exec(got.text)?.[1] ?? 0);
    await settleEntry(entry.id, { answer, after, answeredAt: await now() });
    step = 0;
    announceToAll("answered", { entry, answer, text: got.text });
    return "answered";
  }
  if (got.status === 409 && answer === "different") {
    await noteEntry(entry.id, { refused: true });
    announceToAll("failed", { entry: { ...entry, refused: true } });
    return "refused";
  }
  if (got.status === 409 && answer === "other-user") return "other";
  if (got.status === 409 && answer === "earlier") {
    lacking = true;
    await sendAgain([previous]);
    return "answered";
  }
  if (got.status === 200) return "offline"; // not the service: the answer of some network's own page
  return got.status === 429 || got.status === 503 ? "busy" : "stuck";
}

function announceToAll(name, detail) {
  others?.postMessage({ name, detail });
  tell(name, detail);
}

/** The last entry of the same person and meeting that was sent before this one; "" when there is none. */
function sentBefore(entry, sent) {
  const earlier = (one) => one.by === user && lane(one) === lane(entry) && one.seq < entry.seq;
  return sent.filter(earlier).at(-1)?.id ?? "";
}

const addressOf = (entry) => `/meetings/${entry.meeting}/marks/${entry.client}${entry.mark ? "" : "/undo?to="}`;

function fieldsOf(entry) {
  const { id, by, mark, seen, shown, split, deviceAt } = entry;
  const fields = { entry: id, by, seen, device_at: deviceAt, sent_at: new Date().toISOString() };
  if (shown !== undefined) Object.assign(fields, { shown, split: split ? "yes" : "" });
  return mark ? { ...fields, mark } : fields;
}

/** The answer to a form, with a fresh token where the old one was not taken; a word where there is none. */
async function posted(path, fields, unattended) {
  const body = () => new URLSearchParams({ csrf_token: token, ...fields() });
  const send = () => reached(path, { method: "POST", body: body() }, unattended);
  const got = await send();
  if (got?.status !== 403) return outcomeOf(got) ?? got;
  const failed = await renewToken();
  if (failed) return failed;
  const again = await send();
  return outcomeOf(again) ?? again;
}

/** What stands in the way of any answer; undefined when nothing does. */
function outcomeOf(got) {
  if (!got || got.status === 0) return "offline"; // a redirect is never followed
  return { 401: "signed-out", 423: "locked" }[got.status];
}

/** Fetches a token of the present sign-in; a word when there is none for this person. */
async function renewToken() {
  const got = await reached("/token", {}, true);
  const failed = outcomeOf(got);
  if (failed) return failed;
  try {
    const fresh = JSON.parse(got.text);
    if (fresh.user !== user) return "other";
    token = fresh.token;
    return "";
  } catch {
    return "offline";
  }
}

/** The whole answer of the service; null when none came in time. `unattended`: nobody has touched the screen. */
async function reached(path, options, unattended) {
  const abort = new AbortController();
  const clock = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const headers = { "HX-Request": "true", Accept: "text/html, application/json", ...(unattended && { Unattended: "yes" }) };
    const response = await fetch(path, { ...options, headers, redirect: "manual", cache: "no-store", signal: abort.signal });
    const text = await response.text();
    await learnTime(response);
    if (response.headers.get("Device-Revoked") === "yes") tell("revoked", {});
    return { status: response.status, headers: response.headers, text };
  } catch {
    return null;
  } finally {
    clearTimeout(clock);
  }
}

/** Asks which of the sent entries the service has lost, as after a restored copy, and sends those again; whether it answered. */
export async function recoverSent() {
  const mine = (await sentEntries()).filter((entry) => entry.by === user).map((entry) => entry.id);
  for (let first = 0; first < mine.length; first += MOST_ASKED) {
    const ids = mine.slice(first, first + MOST_ASKED).join(" ");
    const got = await posted("/entries/unknown", () => ({ entries: ids }), true);
    const unknown = got.status === 200 ? unknownIn(got.text) : null;
    if (!unknown) return false;
    if (!unknown.length) continue;
    await sendAgain(unknown);
    wakeAtOnce();
  }
  // By a clock that the service has just set right, and after it was asked.
  if (mine.length) await forgetSent((await now()) - REMEMBERED);
  return true;
}

/** The ids that the service does not know; null in the answer of some network's own page. */
function unknownIn(text) {
  try {
    return JSON.parse(text).unknown ?? null;
  } catch {
    return null;
  }
}
