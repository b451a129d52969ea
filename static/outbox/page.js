// Starts the outbox on a page: who is signed in, what waits, the copies for the hours without network.
import { within } from "../within.js";
import { watchBar } from "./bar.js";
import { now } from "./clock.js";
import { canKeep, forgetOld, keepPages, ownCopies } from "./copies.js";
import { counted, iconOf, sendPlainly, watchRows } from "./rows.js";
import { recoverSent, sending, startSending } from "./send.js";
import { copyOf, fact, isThere, setFact, wipeOwn } from "./store.js";
import { coverOthers, signIn, tellWhose, watchWhose } from "./tabs.js";

const A_MINUTE = 60 * 1000;
const outbox = document.getElementById("outbox");
const copyAt = Number(document.documentElement.dataset.copyAt ?? 0);
const copies = document.getElementById("copies");
// When copies that did not come are fetched again.
const AGAIN = 15 * 1000;
const SOON = 3 * 1000;
let again = null;

if (outbox) start(outbox.dataset.user, JSON.parse(outbox.dataset.words));

async function start(user, words) {
  if (copyAt) tellCopy(words).catch(() => {});
  // The service says that nobody is signed in, however that came: whoever was leaves nothing behind, in no tab.
  if ("nobody" in outbox.dataset) wipeOwn().catch(() => {}).then(tellWhose);
  if (user) {
    if (!copyAt) tellWhose();
    watchWhose();
    // Taps are caught from the first moment on; whether they can be kept is known in the next.
    watchRows(user, words, copyAt);
  }
  if (!(await isThere())) {
    sendPlainly();
    tell(words.nowhere);
    return;
  }
  document.addEventListener("submit", leaving, true);
  watchBar(user, words);
  setInterval(() => dropOld().catch(() => {}), A_MINUTE);
  if (!user) return;
  // Signed out without network: the service hears of it now.
  if ((await fact("leaving")) === signIn()) return document.querySelector("form[action$='/sign-out']")?.submit();
  sending.addEventListener("state", cameBack);
  sending.addEventListener("live", isLive);
  addEventListener("online", recover);
  startSending(user, document.querySelector("[name=csrf_token]")?.value ?? "");
  await keepCopies(words);
  // The network may have come back before this page listened, or only the service been away.
  if (copies) await recover();
}

/** Deletes copies that are too old, and takes the one that is shown off the screen. */
async function dropOld() {
  await forgetOld();
  if (copyAt && !(await copyOf(location.pathname))) location.reload();
}

/** Says that the page is a copy, and from when. */
async function tellCopy(words) {
  document.documentElement.classList.add("is-copy");
  const [made, today, language] = [new Date(copyAt), new Date(await now()), document.documentElement.lang];
  const time = made.toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
  const day = made.toLocaleDateString(language, { day: "numeric", month: "numeric" });
  const text = made.toDateString() === today.toDateString() ? words.copy : words.copyOfDay;
  tell(text.replace("{time}", time).replace("{day}", day)).id = "copy-told";
}

/** The rows are as the service has them: the page is no copy any more. */
function isLive() {
  document.documentElement.classList.remove("is-copy");
  document.getElementById("copy-told")?.remove();
}

function tell(text) {
  const [notice, body] = [document.createElement("div"), document.createElement("div")];
  notice.className = "notice notice--info";
  notice.setAttribute("role", "status");
  body.className = "notice__body";
  body.append(Object.assign(document.createElement("p"), { textContent: text }));
  notice.append(iconOf("info"), body);
  document.getElementById("flashes")?.append(notice);
  return notice;
}

/** Copies of today's and tomorrow's own rosters, once *today* is opened; other pages see to the worker alone. */
async function keepCopies(words) {
  if (!canKeep()) {
    if (copies) copies.textContent = words.noCopies;
    return;
  }
  try {
    // A copy that is shown can make no others: once it is too old no new key comes after it.
    if (!copyAt) await ownCopies(signIn());
    await navigator.serviceWorker.register("/sw.js", { type: "module", updateViaCache: "none" });
    if (copyAt) return;
    // A roster that was opened before the worker was there, or by a link from elsewhere.
    if (document.querySelector("[data-keep]")) await keepPages([location.pathname]);
    if (!copies) return;
    navigator.storage?.persist?.();
    await keepRosters(words);
  } catch {
    if (copies) copies.textContent = words.noCopies;
  }
}

/** Says how many of the rosters are kept; while some are not, they are tried again. */
async function keepRosters(words) {
  const rosters = new Set([...document.querySelectorAll("a[data-offline]")].map((link) => link.pathname));
  const kept = await keepPages([location.pathname, ...rosters]);
  await navigator.serviceWorker.ready;
  const ready = kept.filter((path) => rosters.has(path)).length;
  if (kept.length === rosters.size + 1) {
    copies.textContent = counted(words.keptCount, ready);
    return;
  }
  copies.textContent = words.keptPart.replace("{n}", ready).replace("{all}", rosters.size);
  setTimeout(() => keepRosters(words).catch(() => {}), AGAIN);
}

/** After a time without network the service may be another than before: an older copy of itself. */
async function cameBack({ detail: { state, before } }) {
  if (state === "idle" && (before === "offline" || before === "busy")) await recover();
}

/** Asks what the service has lost; where it answers, *today* is shown as it is now. */
async function recover() {
  clearTimeout(again);
  const isAsked = await recoverSent();
  if (!copyAt || !copies) return;
  // With nothing sent nothing was asked: a network alone is not yet the service.
  const asked = { redirect: "manual", cache: "no-store", headers: { Unattended: "yes" }, signal: within() };
  const reached = isAsked && await fetch("/token", asked).catch(() => null);
  if (reached?.ok) location.reload();
  else if (navigator.onLine) again = setTimeout(() => recover().catch(() => {}), SOON);
}

/** Whoever leaves takes along what is the person's own, also where a substitute comes in over it; what waits to be sent stays. */
async function leaving(event) {
  const form = event.target;
  const path = form.method === "post" ? new URL(form.action).pathname : "";
  // Without network no substitute comes in, and the copies are needed.
  const isOver = path === "/substitute" && signIn() && navigator.onLine;
  if (path !== "/sign-out" && !isOver) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!isOver) coverOthers();
  await wipeOwn().catch(() => {});
  if (!isOver) await setFact("leaving", signIn()).catch(() => {});
  if (navigator.onLine) form.submit();
  else location.assign("/offline");
}

// The browser may bring a page back as it was left: what it shows then is old.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
