// Says on every page, in words, how many marks wait to be sent, and what helps them go.
import { announce } from "../app.js";
import { now } from "./clock.js";
import { counted, iconOf } from "./rows.js";
import { sending, sendingState } from "./send.js";
import { noteEntry, waitingEntries } from "./store.js";

// What is under way is not yet late.
const PATIENCE = 1000;
const A_MINUTE = 60 * 1000;
const A_DAY = 24 * 60 * 60 * 1000;

const bar = document.getElementById("outbox");
let user = "";
let words = {};
let said = "";
let advice = "";
let drawing = Promise.resolve();

/** Watches what waits, for this person; for nobody in particular on pages of the signed-out. */
export function watchBar(person, texts) {
  [user, words] = [person, texts];
  for (const name of ["state", "answered", "failed", "late", "checked"]) sending.addEventListener(name, drawBar);
  document.addEventListener("visibilitychange", drawBar);
  setInterval(drawBar, A_MINUTE);
  drawBar();
}

function drawBar() {
  drawing = drawing.then(draw).catch(() => {});
}

async function draw() {
  const waiting = await waitingEntries();
  const at = await now();
  const isLate = (entry) => sendingState() !== "idle" || entry.tries || entry.refused || Math.abs(at - entry.at) >= PATIENCE;
  const mine = waiting.filter((entry) => !user || entry.by === user);
  const own = mine.filter((entry) => !entry.refused).filter(isLate);
  const refused = mine.filter((entry) => entry.refused && !entry.checked);
  const isOld = own.some((entry) => at - entry.at > A_DAY);
  const lines = [];
  if (own.length) lines.push(["clock", counted(words.waitingCount, own.length), help(isOld)]);
  if (refused.length) lines.push(["alert", counted(words.refusedCount, refused.length), user ? toCheck(refused[0]) : {}]);
  const others = user ? waiting.filter((entry) => entry.by !== user && !entry.refused) : [];
  if (others.length) lines.push(["info", counted(words.othersCount, others.length), {}]);
  write(lines, isOld || refused.length > 0);
}

/** What the person can do about marks that do not go. */
function help(isOld) {
  const state = user ? sendingState() : location.pathname === "/sign-in" ? "signed-out" : "";
  const here = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  if (state === "signed-out") return { text: words.signIn, href: location.pathname === "/sign-in" ? "" : here };
  if (state === "locked") return { text: words.unlock };
  if (state === "other") return { text: words.other, href: location.href };
  return isOld ? { text: words.alarm } : {};
}

/** Where the first of them is to be looked at; the person says that it has been. */
function toCheck(entry) {
  const checked = async () => {
    await noteEntry(entry.id, { checked: true });
    sending.dispatchEvent(new Event("checked"));
  };
  return { text: words.see, href: `/meetings/${entry.meeting}#row-${entry.client}`, checked };
}

function write(lines, isAlarm) {
  const text = lines.map(([, line, { text: more = "" }]) => `${line}. ${more}`.trim()).join(" ");
  if (text === said) return;
  // Each tap is told where it was made; here what is new is told: what to do, and that all is done.
  const todo = lines.map(([, , { text: more }]) => more).filter(Boolean).join(" ");
  if (todo && todo !== advice) announce(text);
  if (said && !text) announce(words.done);
  [said, advice] = [text, todo];
  bar.hidden = !lines.length;
  bar.classList.toggle("outbox--alarm", isAlarm);
  bar.querySelectorAll("p").forEach((line) => line.remove());
  bar.append(...lines.map(lineOf));
}

function lineOf([icon, text, { text: more, href, checked }]) {
  const line = Object.assign(document.createElement("p"), { className: "outbox__line" });
  line.append(iconOf(icon), Object.assign(document.createElement("strong"), { textContent: text }));
  if (!more) return line;
  const next = document.createElement(href ? "a" : "span");
  next.textContent = more;
  if (href) next.href = href;
  line.append(next);
  if (checked) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link-button", textContent: words.check });
    button.addEventListener("click", checked);
    line.append(button);
  }
  return line;
}
