// Hands in what waits on a device for people who can no longer send it; a revoked one then forgets everything.
import { settleEntry, waitingEntries, wipeAnswered, wipeCopies } from "./outbox/store.js";

const PAUSE = 15_000;
const home = document.querySelector("[data-revoked]");
const line = document.getElementById("handing-in");

/** Hands in one entry; whether that was the last word of it: taken, or refused for ever. */
async function handIn(entry) {
  const fields = {
    entry: entry.id, by: entry.by, meeting: entry.meeting, client: entry.client, mark: entry.mark ?? "",
    seen: entry.seen ?? "", device_at: entry.deviceAt ?? "", sent_at: new Date().toISOString(),
  };
  const answer = await fetch("/entries/left", { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  const word = answer.headers.get("Entry-Answer");
  if (answer.status === 200 && word) await settleEntry(entry.id, { answer: word });
  return Boolean(word);
}

/** On pages of others: marks of those who may no longer mark; the rest wait for their makers' sign-in. */
async function handInOthers() {
  const able = new Set();
  for (const entry of await waitingEntries()) {
    if (!able.has(entry.by) && !(await handIn(entry))) able.add(entry.by);
  }
}

/** Hands in everything; whether nothing is left that could still be taken. */
async function empty() {
  await wipeCopies();
  const waiting = await waitingEntries();
  let left = waiting.length;
  for (const [done, entry] of waiting.entries()) {
    line.textContent = line.dataset.left.replace("{n}", waiting.length - done);
    if (await handIn(entry)) left -= 1;
  }
  return left === 0;
}

async function forget() {
  await wipeAnswered();
  localStorage.clear();
  sessionStorage.clear();
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  await fetch(home.dataset.wiped, { method: "POST", redirect: "manual" });
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
