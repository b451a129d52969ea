// Answers for the service while there is no network: with the device's own copies, else with a page that says so.
// The route puts three values before these lines: VERSION, FILES (paths of the service's own files) and POLICY.
import { begunAt, learnTime } from "/static/outbox/clock.js";
import { forgetOld, keepCopy, readCopy } from "/static/outbox/copies.js";
import { fact, setFact, wipeOwn } from "/static/outbox/store.js";

const PATIENCE = 3000;
const OFFLINE = "/offline";
const TODAY = "/today";
const LOCKED = "/offline/locked";
const DOWN = [502, 503, 504];

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(stock());
});

self.addEventListener("activate", (event) => event.waitUntil(tidy()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  // What is sent is the browser's own: going back to its answer must not send it again.
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

/** Fetches the service's own files, and the two pages that show nobody's data; without a cookie. */
async function stock() {
  const cache = await caches.open(VERSION);
  const paths = [...FILES, OFFLINE, LOCKED];
  await cache.addAll(paths.map((path) => new Request(path, { credentials: "omit", cache: "no-cache" })));
}

async function tidy() {
  for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name);
  await self.clients.claim();
}

/** The kept file, else the network's: what is kept is of one make with this worker, and a silent network holds no page up. */
async function file(request) {
  // A cache that fails, as on a full disk, is no reason to have no file.
  return (await stocked(new URL(request.url).pathname).catch(() => null)) ?? fetch(request);
}

const stocked = async (path) => (await caches.open(VERSION)).match(path, { ignoreVary: true });

/** A page from the network; where a copy is kept, only for so long. */
async function page(event, url) {
  const started = performance.now();
  const copy = url.search ? null : await readCopy(url.pathname).catch(() => null);
  try {
    const response = await (copy ? within(fetch(event.request)) : fetch(event.request));
    if (copy && DOWN.includes(response.status)) return own(copy);
    // Before the page reckons how old anything is.
    await learnTime(response);
    event.waitUntil(noted(response.clone(), url, started));
    return response;
  } catch {
    // The service's own first page leads on to *today*, where that is kept.
    if (url.pathname === "/" && (await readCopy(TODAY).catch(() => null))) return Response.redirect(TODAY);
    return own(copy);
  }
}

function within(answer) {
  return Promise.race([answer, new Promise((_, reject) => { setTimeout(reject, PATIENCE); })]);
}

/** Whether the screen is locked, or is now: nobody has touched it for too long, and no page was there to see it. */
async function isLocked() {
  if (await fact("locked")) return true;
  const { at, limit, person } = (await fact("touched")) ?? {};
  if (!limit || Math.abs(Date.now() - at) <= limit) return false;
  await setFact("locked", { person });
  return true;
}

/** What the device itself has to show: nothing of anybody while its screen is locked. */
async function own(copy) {
  // Only now: where the service answers, it first shows how far the device's clock is off.
  await forgetOld().catch(() => {});
  if (await isLocked().catch(() => false)) return stocked(LOCKED);
  if (!copy) return stocked(OFFLINE);
  const text = copy.text.replace("<html ", `<html data-copy-at="${copy.at}" `);
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY, "Cache-Control": "no-store" };
  return new Response(text, { headers });
}

/** Keeps what the service allows to be kept; a revoked device keeps nothing. */
async function noted(response, url, started) {
  if (response.headers.get("Device-Revoked") === "yes") {
    await wipeOwn();
  } else if (response.ok && !url.search && response.headers.has("Offline-Copy")) {
    await keepCopy(url.pathname, await response.text(), await begunAt(started));
  }
}
