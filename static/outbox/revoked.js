// What a page does when the service says that the device is revoked, and the question that lets it be said.
import { wipeOwn } from "./store.js";

const A_MINUTE = 60 * 1000;

/** The answer, as it is; one to a revoked device also ends the page. */
export function heeded(response) {
  if (response.headers.get("Device-Revoked") === "yes") leaveRevoked();
  return response;
}

/** Shows nothing more and keeps no names: the page that the service answers with hands in what waits. */
export async function leaveRevoked() {
  document.documentElement.classList.add("is-locked");
  await wipeOwn().catch(() => {});
  location.replace("/");
}

/** Asks once a minute as whoever is signed in: what a page asks more often names no device. */
export function watchStanding() {
  setInterval(() => { if (!document.hidden) ask(); }, A_MINUTE);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}

const ask = () => fetch("/token", { headers: { Unattended: "yes" }, redirect: "manual", cache: "no-store" }).then(heeded, () => {});
