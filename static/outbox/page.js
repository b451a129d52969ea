// Starts the outbox on a page: who is signed in, what waits, the copies for the hours without network.
import { watchBar } from "./bar.js";
import { canKeep, keepPages, ownCopies } from "./copies.js";
import { counted, iconOf, sendPlainly, watchRows } from "./rows.js";
import { recoverSent, sending, startSending } from "./send.js";
import { fact, isThere, setFact, wipeCopies } from "./store.js";

const outbox = document.getElementById("outbox");
const copyAt = Number(document.documentElement.dataset.copyAt ?? 0);
const copies = document.getElementById("copies");

if (outbox) start(outbox.dataset.user, JSON.parse(outbox.dataset.words));

async function start(user, words) {
  if (copyAt) tellCopy(words);
  // Taps are caught from the first moment on; whether they can be kept is known in the next.
  if (user) watchRows(user, words, copyAt);
  if (!(await isThere())) {
    sendPlainly();
    tell(words.nowhere);
    return;
  }
  document.addEventListener("submit", signingOut, true);
  watchBar(user, words);
  if (!user) return;
  // Signed out without network: the service hears of it now.
  if ((await fact("leaving")) === signIn()) return document.querySelector("form[action$='/sign-out']")?.submit();
  sending.addEventListener("state", cameBack);
  addEventListener("online", recoverSent);
  startSending(user, document.querySelector("[name=csrf_token]")?.value ?? "");
  await keepCopies(words);
  if (copies) await recoverSent();
}

/** Says that the page is a copy, and from when. */
function tellCopy(words) {
  const time = new Date(copyAt).toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
  document.documentElement.classList.add("is-copy");
  tell(words.copy.replace("{time}", time));
}

function tell(text) {
  const [notice, body] = [document.createElement("div"), document.createElement("div")];
  notice.className = "notice notice--info";
  notice.setAttribute("role", "status");
  body.className = "notice__body";
  body.append(Object.assign(document.createElement("p"), { textContent: text }));
  notice.append(iconOf("info"), body);
  document.getElementById("flashes")?.append(notice);
}

/** Copies of today's and tomorrow's own rosters, once *today* is opened; other pages see to the worker alone. */
async function keepCopies(words) {
  if (!canKeep()) {
    if (copies) copies.textContent = words.noCopies;
    return;
  }
  try {
    await ownCopies(signIn());
    await navigator.serviceWorker.register("/sw.js", { type: "module", updateViaCache: "none" });
    if (copyAt) return;
    // A roster that was opened before the worker was there, or by a link from elsewhere.
    if (document.querySelector("[data-keep]")) await keepPages([location.pathname]);
    if (!copies) return;
    navigator.storage?.persist?.();
    const paths = [...document.querySelectorAll("a[data-offline]")].map((link) => link.pathname);
    const pages = [location.pathname, ...new Set(paths)];
    const kept = await keepPages(pages);
    await navigator.serviceWorker.ready;
    if (kept === pages.length) copies.textContent = counted(words.keptCount, kept - 1);
  } catch {
    if (copies) copies.textContent = words.noCopies;
  }
}

/** After a time without network the service may be another than before: an older copy of itself. */
async function cameBack({ detail: { state, before } }) {
  if (state === "idle" && (before === "offline" || before === "busy")) await recoverSent();
}

/** Signing out takes the copies along; what waits to be sent stays. */
async function signingOut(event) {
  const form = event.target;
  if (form.method !== "post" || new URL(form.action).pathname !== "/sign-out") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await wipeCopies().catch(() => {});
  await setFact("leaving", signIn()).catch(() => {});
  if (navigator.onLine) form.submit();
  else location.assign("/offline");
}

const signIn = () => `${outbox.dataset.user} ${outbox.dataset.stamp}`;

// The browser may bring a page back as it was left: what it shows then is old.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
