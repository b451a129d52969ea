// Copies of *today* and its rosters for the hours without network: encrypted, kept at most a day.
import { within } from "../within.js";
import { begunAt, CLOSE, learnTime, now } from "./clock.js";
import { heeded } from "./revoked.js";
import { allCopies, copyOf, fact, forgetCopies, putCopy, wipeCopies } from "./store.js";

const LONGEST = 24 * 60 * 60 * 1000;
// A copy this young is not fetched again; the day's taps are drawn over it anyway.
const FRESH = 5 * 60 * 1000;

/** Whether this browser can keep copies at all: not on a plain http address. */
export const canKeep = () => Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle && navigator.serviceWorker);

/** Deletes what is too old, and what is of a time that has not come yet. */
export async function forgetOld() {
  const at = await now();
  await forgetCopies(at - LONGEST, at + CLOSE);
}

/** Makes the key anew when another sign-in stands behind the page; what was copied before goes. */
export async function ownCopies(owner) {
  await forgetOld();
  if ((await fact("owner")) === owner && (await fact("key"))) return;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await wipeCopies(key, owner);
}

/** Keeps a page under its path; `at` is when it was asked for, in the service's time. */
export async function keepCopy(path, text, at) {
  const [key, owner] = [await fact("key"), await fact("owner")];
  if (!key) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  await putCopy({ path, at, iv, data, owner });
}

/** The page kept under a path and when it was asked for; null when there is none, or none young enough. */
export async function readCopy(path) {
  const [kept, key] = [await copyOf(path), await fact("key")];
  if (!kept || !key || (await now()) - kept.at > LONGEST) return null;
  try {
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, key, kept.data);
    return { text: new TextDecoder().decode(data), at: kept.at };
  } catch {
    return null;
  }
}

/** Fetches the pages that are not kept or no longer fresh; which of them are kept now. */
export async function keepPages(paths) {
  const before = await now();
  const young = new Set((await allCopies()).filter((copy) => before - copy.at < FRESH).map((copy) => copy.path));
  for (const path of paths) {
    if (young.has(path)) continue;
    const started = performance.now();
    // One page that does not come holds up none of the others.
    const asked = fetch(`${path}?offline=1`, { redirect: "manual", cache: "no-store", headers: { Unattended: "yes" }, signal: within() });
    const [response, text] = await asked.then(async (answer) => [answer, await answer.text()]).catch(() => []);
    if (!response) continue;
    await learnTime(response);
    if (heeded(response).headers.get("Device-Revoked") === "yes") return [];
    if (response.ok && response.headers.has("Offline-Copy")) await keepCopy(path, text, await begunAt(started));
  }
  const kept = new Set((await allCopies()).map((copy) => copy.path));
  return paths.filter((path) => kept.has(path));
}
