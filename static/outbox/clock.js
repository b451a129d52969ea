// The service's time, as far as the device knows it: its own clock may stand at 1970 or a day ahead.
import { fact, setFact } from "./store.js";

/** So near the service's time is known; less is an answer's way here. */
export const CLOSE = 60 * 1000;
// A connection that ends among the headers leaves "Mon, 23 Nov 2", which a browser reads as the year 2002.
const WHOLE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Learns from an answer of the service how far the device's clock is off. */
export async function learnTime(response) {
  const date = response.headers.get("Date") ?? "";
  if (!WHOLE.test(date)) return;
  const told = Date.parse(date);
  const off = told - Date.now();
  const known = await fact("time").catch(() => null);
  if (known && Math.abs(known.off - off) < CLOSE && Math.abs(known.latest - told) < CLOSE) return;
  await setFact("time", { off, latest: told }).catch(() => {});
}

/** The service's time; never before the latest moment that the device knows to have passed.
 *
 * Without network the clock may be set, wrongly or right. Of what it can mean (as far off as the service last
 * showed, right, or gone on from the latest moment after it was put back) the first after that moment is taken.
 */
export async function now() {
  const { off = 0, held, latest = 0 } = (await fact("time").catch(() => null)) ?? {};
  const own = Date.now();
  const possible = [own + off, own, own + held].filter((at) => at >= latest - CLOSE);
  const found = possible.length ? Math.min(...possible) : latest;
  if (!possible.length) await setFact("time", { off, held: latest - own, latest }).catch(() => {});
  else if (found > latest + CLOSE) await setFact("time", { off, held, latest: found }).catch(() => {});
  return found;
}

/** When something was begun, in the service's time; `started` is what `performance.now()` said then. */
export const begunAt = async (started) => (await now()) - (performance.now() - started);
