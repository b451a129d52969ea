// What a page does when the service says that the device is revoked, and the question that lets it be said.
import { within } from "../within.js";
import { wipeOwn } from "./store.js";
import { leave } from "./tabs.js";

const A_MINUTE = 60 * 1000;
let asking = false;

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

/** Asks once a minute as whoever is signed in: what a page asks more often names no device. `person`: whose page it is. */
export function watchStanding(person) {
  const look = async () => {
    if (document.hidden || asking) return;
    asking = true;
    await ask(person).catch(() => {});
    asking = false;
  };
  setInterval(look, A_MINUTE);
  document.addEventListener("visibilitychange", look);
}

/** A page of somebody who is no longer the one signed in ends. */
async function ask(person) {
  // As a piece: the service says 401 where nobody is signed in; a redirect may be some network's own.
  const headers = { "HX-Request": "true", Unattended: "yes" };
  const answer = await fetch("/token", { headers, redirect: "manual", cache: "no-store", signal: within() });
  if (heeded(answer).headers.get("Device-Revoked") === "yes") return;
  if (answer.status === 401 || (answer.ok && (await answer.json()).user !== person)) leave();
}
