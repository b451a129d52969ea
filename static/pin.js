// A PIN's verifier on this device, for unlocking without network: salted and slow, never the PIN itself.
import { fact, setFact } from "./outbox/store.js";

const ROUNDS = 600_000;
const TRIES = 5;

async function derive(pin, salt) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, key, 256);
  return new Uint8Array(bits);
}

const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Remembers a PIN that the service has just taken; only where the browser can, on a safe connection. */
export async function keepPin(person, pin) {
  if (!globalThis.crypto?.subtle) return;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  await setFact(`pin:${person}`, { salt, hash: await derive(pin, salt), left: TRIES }).catch(() => {});
}

export const forgetPin = (person) => setFact(`pin:${person}`, undefined).catch(() => {});

/** Whether a PIN can be tried here without network. */
export async function canTry(person) {
  return ((await fact(`pin:${person}`).catch(() => null))?.left ?? 0) > 0;
}

/** Whether it is the PIN; a try is counted before it is known, so that none is free. */
export async function tryPin(person, pin) {
  const kept = await fact(`pin:${person}`);
  if (!kept || kept.left <= 0) return false;
  await setFact(`pin:${person}`, { ...kept, left: kept.left - 1 });
  if (!equal(await derive(pin, kept.salt), kept.hash)) return false;
  await setFact(`pin:${person}`, { ...kept, left: TRIES });
  return true;
}
