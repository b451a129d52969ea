// Copies of *today* and its rosters for the hours without network: encrypted, kept at most a day.
import { allCopies, copyOf, fact, forgetCopies, putCopy, wipeCopies } from "./store.js";

const LONGEST = 24 * 60 * 60 * 1000;
// A copy this young is not fetched again; the day's taps are drawn over it anyway.
const FRESH = 5 * 60 * 1000;

/** Whether this browser can keep copies at all: not on a plain http address. */
export const canKeep = () => Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle && navigator.serviceWorker);

/** Makes the key anew when another sign-in stands behind the page; what was copied before goes. */
export async function ownCopies(owner) {
  await forgetCopies(Date.now() - LONGEST, Date.now());
  if ((await fact("owner")) === owner) return;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await wipeCopies(key, owner);
}

/** Keeps a page under its path; `at` is when it was asked for. */
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
  const age = kept ? Date.now() - kept.at : 0;
  if (!kept || !key || age < 0 || age > LONGEST) return null;
  try {
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, key, kept.data);
    return { text: new TextDecoder().decode(data), at: kept.at };
  } catch {
    return null;
  }
}

/** Fetches the pages that are not kept or no longer fresh; how many of them are kept now. */
export async function keepPages(paths) {
  const young = new Set((await allCopies()).filter((copy) => Date.now() - copy.at < FRESH).map((copy) => copy.path));
  for (const path of paths) {
    if (young.has(path)) continue;
    const at = Date.now();
    const response = await fetch(`${path}?offline=1`, { redirect: "manual", cache: "no-store", headers: { Unattended: "yes" } });
    if (response.headers.get("Device-Revoked") === "yes") return 0;
    if (response.ok && response.headers.has("Offline-Copy")) await keepCopy(path, await response.text(), at);
  }
  const kept = new Set((await allCopies()).map((copy) => copy.path));
  return paths.filter((path) => kept.has(path)).length;
}
