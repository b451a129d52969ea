// What the tabs of one browser know of each other: whether they are locked, and whose pages they show.

export const LOCKED = "lock-locked";
export const SITTING = "lock-sitting";
const WHOSE = "whose";
const NOBODY = "nobody";

/** What is kept for all tabs; where a browser keeps nothing each page goes by itself. */
export const read = (name) => { try { return localStorage.getItem(name) ?? ""; } catch { return ""; } };
export const write = (name, value) => {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch { /* nothing is kept */ }
};

export const sitting = () => Math.max(Number(document.documentElement.dataset.sitting ?? 0), Number(read(SITTING)));

/** Covers the other tabs at once. */
export const coverOthers = () => write(LOCKED, String(Math.max(sitting(), Number(read(LOCKED)), 1)));

/** Tells this sign-in of this person from any other; "" on a page of nobody. */
export function signIn() {
  const { user, stamp } = document.getElementById("outbox")?.dataset ?? {};
  return user ? `${user} ${stamp}` : "";
}

/** The service has just shown a page of this sign-in, or of nobody: pages of another one are to go. */
export const tellWhose = () => write(WHOSE, signIn() || NOBODY);

/** Whether no page of another sign-in, or of nobody, has come after this one. */
export const isOurs = () => ["", signIn()].includes(read(WHOSE));

/** A tab that was asleep looks when it is looked at. */
export function watchWhose() {
  const look = () => { if (!isOurs()) leave(); };
  addEventListener("storage", look);
  document.addEventListener("visibilitychange", look);
}

/** Shows nothing more of whoever was signed in, and what there is for whoever is now; never what was sent before. */
export function leave() {
  document.documentElement.classList.add("is-locked");
  location.replace(location.pathname + location.search);
}
