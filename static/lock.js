// Locks the screen after a while without a touch, in all tabs at once, and unlocks it by PIN or password.
import { heeded, leaveRevoked, watchStanding } from "./outbox/revoked.js";
import { sending } from "./outbox/send.js";
import { fact, setFact } from "./outbox/store.js";
import { coverOthers, isOurs, LOCKED, read, SITTING, sitting, write } from "./outbox/tabs.js";
import { canTry, forgetPin, keepPin, tryPin } from "./pin.js";
import { within } from "./within.js";

const TOUCHED = "lock-touched";
const root = document.documentElement;
const template = document.getElementById("lock");
const limit = Number(root.dataset.lockAfter ?? 0) * 1000;
const pageTitle = document.title;
// The worker, which reads facts alone, hears of touches less often: each is written to the disk.
const TOLD_EVERY = 10_000;
// How long the service may take where the device itself can tell whether it is the PIN.
const SOON = 5000;
let written = 0;
let told = 0;

const token = () => template.content.querySelector("[name=csrf_token]").value;
const words = () => template?.content.querySelector(".lock").dataset;
const post = (path, fields, patience) => fetch(path, {
  method: "POST", redirect: "manual", headers: { Accept: "text/plain" }, body: new URLSearchParams(fields), signal: within(patience),
}).then(heeded);

if (template) watch();
document.querySelectorAll("[data-unlock-page]").forEach((form) => {
  lockOthers();
  form.addEventListener("submit", (event) => unlock(event, form, (answer) => location.assign(answer.headers.get("Next") || "/")));
});
document.querySelectorAll("[data-offline-unlock]").forEach(offerOffline);
document.querySelectorAll("[data-set-pin]").forEach((form) => form.addEventListener("submit", setPin));
sending.addEventListener("revoked", leaveRevoked);

// ------------------------------------------------------------------------------------ locking

function watch() {
  if (root.classList.contains("is-locked")) lock(true);
  else open();
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, touch, { capture: true, passive: true });
  if (limit) setInterval(look, Math.min(5000, limit / 4));
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  addEventListener("storage", ({ key, newValue }) => {
    if (key === LOCKED && newValue) lock(false);
    if (key === LOCKED && !newValue && isOurs()) open();
  });
  document.querySelectorAll("[data-lock-now]").forEach((form) => form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    lock(true);
  }, { capture: true }));
  watchStanding(template.dataset.person);
  if (template.dataset.here) post(template.dataset.here, { csrf_token: token() }).catch(() => {});
}

/** Somebody is here. */
function touch() {
  look();
  const now = Date.now();
  if (!root.classList.contains("is-locked") && Math.abs(now - written) >= 2000) noteTouch(now);
}

/** Remembers for all tabs, and for the worker, that somebody was here. */
function noteTouch(now) {
  written = now;
  write(TOUCHED, `${sitting()} ${now}`);
  if (Math.abs(now - told) < TOLD_EVERY) return;
  told = now;
  setFact("touched", { at: now, limit, person: template.dataset.person }).catch(() => {});
}

/** Locks when nobody was here for too long, whatever the tab; a clock that was set counts as that. */
function look() {
  if (root.classList.contains("is-locked")) return;
  if (Number(read(LOCKED)) >= sitting()) lock(false);
  const [, at] = read(TOUCHED).split(" ").map(Number);
  if (limit && at && Math.abs(Date.now() - at) > limit) lock(true);
}

/** Covers the page at once; `tells` the service and the other tabs. */
function lock(tells) {
  root.classList.add("is-locked");
  if (!document.querySelector(".lock")) cover();
  if (!tells) return;
  lockOthers();
  post(template.dataset.lock, { csrf_token: token() }).catch(() => {});
}

function lockOthers() {
  coverOthers();
  setFact("locked", { person: template?.dataset.person ?? "" }).catch(() => {});
}

function cover() {
  for (const element of document.body.children) element.inert = true;
  document.body.append(template.content.cloneNode(true));
  const shown = document.querySelector(".lock");
  document.title = shown.querySelector("#lock-title").textContent;
  const whose = shown.querySelector("[data-whose]");
  whose.textContent = whose.dataset.whose.replace("{name}", template.dataset.name);
  showWaiting(shown.querySelector("[data-waiting]"));
  shown.querySelectorAll("[data-unlock]").forEach((form) => form.addEventListener("submit", (event) => unlock(event, form, opened)));
  offerPin(shown, template.dataset.pin === "yes");
}

/** How many marks wait stays in sight: what the bar beneath says, and goes on saying while they are sent. */
function showWaiting(line) {
  const bar = document.getElementById("outbox");
  if (!bar) return;
  const copy = () => { line.textContent = [...bar.querySelectorAll("strong")].map((one) => `${one.textContent}.`).join(" "); };
  new MutationObserver(copy).observe(bar, { childList: true });
  copy();
}

/** The PIN first where there is one; the password always, for whoever has network. */
async function offerPin(shown, isSet) {
  const form = shown.querySelector("[data-unlock=pin]");
  if (form) form.hidden = !(isSet || (await canTry(template.dataset.person)));
  shown.querySelector("form:not([hidden]) input:not([type=hidden])")?.focus();
}

// ---------------------------------------------------------------------------------- unlocking

/** The page as it was, in this tab. */
function open() {
  root.classList.remove("is-locked");
  document.querySelector(".lock")?.remove();
  for (const element of document.body.children) element.inert = false;
  document.title = pageTitle;
  told = 0;
  noteTouch(Date.now());
  write(LOCKED, null);
  setFact("locked", undefined).catch(() => {});
}

function opened(answer) {
  const now = answer.headers.get("Sitting");
  if (now) write(SITTING, now);
  open();
}

/** Asks the service, and where it does not answer soon the device itself. */
async function unlock(event, form, done) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const box = form.closest(".lock, [data-locked-page]");
  const fields = Object.fromEntries(new FormData(form));
  const isKnown = fields.pin && template && (await canTry(template.dataset.person));
  let answer = null;
  try { answer = await post(form.action, fields, isKnown ? SOON : undefined); } catch { /* no network, or a silent one */ }
  if (answer && answer.status < 500) return answered(answer, form, box, fields, done);
  if (isKnown) {
    if (await tryPin(template.dataset.person, fields.pin)) return open();
    return say(box, (await canTry(template.dataset.person)) ? words().wrong : words().off, form);
  }
  return say(box, words()?.offline ?? document.getElementById("announcer").dataset.noConnection, form);
}

async function answered(answer, form, box, fields, done) {
  const person = template?.dataset.person ?? form.dataset.person;
  if (answer.status === 204) {
    write(LOCKED, null);
    await setFact("locked", undefined).catch(() => {});
    if (fields.pin) await keepPin(person, fields.pin);
    done(answer);
    return;
  }
  // Signed out meanwhile, or the token is old: the service's own page knows how to go on.
  if (answer.status !== 422 && answer.status !== 429) return location.reload();
  const words = answer.status === 422 ? await answer.text() : document.getElementById("announcer").dataset.refused;
  if (answer.headers.get("Pin") === "no") {
    await forgetPin(person);
    if (form.dataset.unlock === "pin") form.hidden = true;
  }
  say(box, words, form);
}

function say(box, words, form) {
  let line = box.querySelector("[data-error]");
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "failure" });
    line.setAttribute("role", "alert");
    line.dataset.error = "";
    box.prepend(line);
  }
  line.textContent = words;
  form.reset();
  box.querySelector("form:not([hidden]) input:not([type=hidden])")?.focus();
}

// ---------------------------------------------------------------------------- without network

/** The page that stands for all others while the device is locked and there is no network. */
async function offerOffline(form) {
  const { person } = (await fact("locked").catch(() => null)) ?? {};
  if (!person || !(await canTry(person))) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await tryPin(person, form.elements.pin.value))) {
      say(form.parentElement, (await canTry(person)) ? form.dataset.wrong : form.dataset.off, form);
      return;
    }
    write(LOCKED, null);
    write(TOUCHED, null);
    for (const name of ["locked", "touched"]) await setFact(name, undefined);
    location.reload();
  });
}

/** A PIN that the service takes is remembered for the hours without network. */
async function setPin(event) {
  const form = event.target;
  event.preventDefault();
  event.stopImmediatePropagation();
  const fields = Object.fromEntries(new FormData(form));
  const answer = await post(form.action, fields).catch(() => null);
  if (answer?.type !== "opaqueredirect") return form.submit();
  await keepPin(template.dataset.person, fields.pin);
  location.assign(fields.next || form.dataset.next);
}
