// Hands in what waits on a device for people who can no longer send it; a revoked one then forgets all else.
import { learnTime, now } from "./outbox/clock.js";
import { noteEntry, settleEntry, waitingEntries, wipeAnswered, wipeOwn } from "./outbox/store.js";
import { within } from "./within.js";

const PAUSE = 15_000;
// Nobody's mark, or none that can be read: the service never takes it from here.
const NEVER = [400, 409];
const home = document.querySelector("[data-revoked]");
const line = document.getElementById("handing-in");

/** Hands in one entry; whether the service has decided of it: only what it has taken is moved. */
async function handIn(entry) {
  if (entry.refused) return true;
  const fields = {
    entry: entry.id, by: entry.by, meeting: entry.meeting, client: entry.client, mark: entry.mark ?? "",
    seen: entry.seen ?? "", device_at: entry.deviceAt ?? "", sent_at: new Date().toISOString(),
  };
  const answer = await fetch("/entries/left", { method: "POST", redirect: "manual", body: new URLSearchParams(fields), signal: within() });
  await learnTime(answer);
  const word = answer.headers.get("Entry-Answer");
  const taken = answer.status === 200 && word;
  if (taken) await settleEntry(entry.id, { answer: word, answeredAt: await now() });
  if (word === "different") await noteEntry(entry.id, { refused: true });
  return taken || NEVER.includes(answer.status);
}

/** On pages of others: marks of those who may no longer mark; the rest wait for their makers' sign-in. Who marks nothing keeps no copies. */
async function handInOthers() {
  if (!document.getElementById("outbox")) await wipeOwn();
  const able = new Set();
  for (const entry of await waitingEntries()) {
    if (!able.has(entry.by) && !(await handIn(entry))) able.add(entry.by);
  }
}

/** Hands in everything; whether nothing is left that could still be taken from here. */
async function empty() {
  await wipeOwn();
  const waiting = await waitingEntries();
  let left = waiting.length;
  for (const [done, entry] of waiting.entries()) {
    line.textContent = line.dataset.left.replace("{n}", waiting.length - done);
    if (await handIn(entry)) left -= 1;
  }
  return left === 0;
}

/** Forgets all but what the service has not kept: that waits for its maker's sign-in, and names nobody. */
async function forget() {
  await wipeAnswered();
  localStorage.clear();
  sessionStorage.clear();
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  await fetch(home.dataset.wiped, { method: "POST", redirect: "manual", signal: within() });
  location.replace(home.dataset.next);
}

async function go() {
  try {
    if (await empty()) return await forget();
  } catch { /* no network, or a browser that keeps nothing of a page */ }
  line.textContent = line.dataset.stuck;
  setTimeout(go, PAUSE);
}

if (home) go();
else handInOthers().catch(() => {});
