// A revoked device hands in what waits on it, forgets everything, and tells the service so.
import { settleEntry, waitingEntries, wipeAnswered, wipeCopies } from "./outbox/store.js";

const PAUSE = 15_000;
const home = document.querySelector("[data-revoked]");
const line = document.getElementById("handing-in");

/** Hands in one entry; whether the service has taken it. */
export async function handIn(entry) {
  const fields = {
    entry: entry.id, by: entry.by, meeting: entry.meeting, client: entry.client, mark: entry.mark ?? "",
    seen: entry.seen ?? "", device_at: entry.deviceAt ?? "", sent_at: new Date().toISOString(),
  };
  const answer = await fetch("/entries/left", { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  const word = answer.headers.get("Entry-Answer");
  if (word !== "accepted" && word !== "review") return false;
  await settleEntry(entry.id, { answer: word });
  return true;
}

async function empty() {
  await wipeCopies();
  const waiting = await waitingEntries();
  for (const [done, entry] of waiting.entries()) {
    line.textContent = line.dataset.left.replace("{n}", waiting.length - done);
    await handIn(entry);
  }
  return (await waitingEntries()).length === 0;
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
