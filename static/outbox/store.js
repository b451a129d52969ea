// The outbox's database on the device: entries that wait, entries that were sent, encrypted copies, facts.
// It names nobody: entries hold keys and marks alone, and what copies say can be read with their key only.

const NAME = "sosku-groups";
const STORES = { waiting: "id", sent: "id", copies: "path", facts: "name" };

let opening = null;

/** The open database; refused where the browser keeps none, as in some private windows. */
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) request.result.createObjectStore(store, { keyPath });
    };
    request.onsuccess = () => {
      const db = request.result;
      // A closed database is opened anew by whoever wants it next.
      db.onversionchange = () => { db.close(); opening = null; };
      db.onclose = () => { opening = null; };
      resolve(db);
    };
    request.onerror = () => reject(request.error);
  });
  opening.catch(() => { opening = null; });
  return opening;
}

// What a browser says whose database went away from under the page, as iPads do to pages that were long out of sight.
const GONE = ["InvalidStateError", "UnknownError"];

/** Does `work` in one transaction; what it returns, a request's result at best, once all of it is on the disk. */
async function transact(stores, mode, work) {
  try {
    return await transacted(stores, mode, work);
  } catch (error) {
    if (!GONE.includes(error?.name)) throw error;
    opening = null;
    return transacted(stores, mode, work);
  }
}

async function transacted(stores, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(stores, mode, { durability: "strict" });
    const done = work(...stores.map((store) => transaction.objectStore(store)));
    transaction.oncomplete = () => resolve(done instanceof IDBRequest ? done.result : done);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Whether this browser keeps anything for the page. */
export async function isThere() {
  try {
    await database();
    return true;
  } catch {
    return false;
  }
}

const inOrder = (entries) => entries.sort((one, other) => one.seq - other.seq);

/** Keeps a new entry, behind all that were made before it. */
export function addEntry(entry) {
  return transact(["waiting", "facts"], "readwrite", (waiting, facts) => {
    const last = facts.get("seq");
    last.onsuccess = () => {
      const seq = (last.result?.value ?? 0) + 1;
      facts.put({ name: "seq", value: seq });
      waiting.add({ ...entry, seq, tries: 0 });
    };
  });
}

/** The entries that have no answer yet, in the order of their taps. */
export async function waitingEntries() {
  return inOrder(await transact(["waiting"], "readonly", (waiting) => waiting.getAll()));
}

/** The entries that were answered, in the order of their taps. */
export async function sentEntries() {
  return inOrder(await transact(["sent"], "readonly", (sent) => sent.getAll()));
}

/** Both as they are at one moment: between two looks one may have gone from the sent to the waiting ones. */
export async function allEntries() {
  const [waiting, sent] = await transact(["waiting", "sent"], "readonly", (...both) => both.map((store) => store.getAll()));
  return { waiting: inOrder(waiting.result), sent: inOrder(sent.result) };
}

/** Notes something with a waiting entry. */
export function noteEntry(id, changed) {
  return transact(["waiting"], "readwrite", (waiting) => {
    const found = waiting.get(id);
    found.onsuccess = () => { if (found.result) waiting.put({ ...found.result, ...changed }); };
  });
}

/** Moves an answered entry among the sent ones, with its answer and when that came. */
export function settleEntry(id, answered) {
  return transact(["waiting", "sent"], "readwrite", (waiting, sent) => {
    const found = waiting.get(id);
    found.onsuccess = () => {
      if (!found.result) return;
      sent.put({ ...found.result, ...answered });
      waiting.delete(id);
    };
  });
}

/** Lets sent entries wait again: the service has lost them. */
export function sendAgain(ids) {
  return transact(["waiting", "sent"], "readwrite", (waiting, sent) => {
    for (const id of ids) {
      const found = sent.get(id);
      found.onsuccess = () => {
        if (!found.result) return;
        const { answer, after, answeredAt, ...entry } = found.result;
        waiting.put({ ...entry, tries: 0 });
        sent.delete(id);
      };
    }
  });
}

/** Forgets what was answered before that instant. */
export function forgetSent(before) {
  return transact(["sent"], "readwrite", (sent) => {
    const cursor = sent.openCursor();
    cursor.onsuccess = () => {
      if (!cursor.result) return;
      if (cursor.result.value.answeredAt < before) cursor.result.delete();
      cursor.result.continue();
    };
  });
}

/** A fact by its name; undefined when there is none. */
export async function fact(name) {
  return (await transact(["facts"], "readonly", (facts) => facts.get(name)))?.value;
}

/** Keeps a fact under its name; undefined forgets it. */
export function setFact(name, value) {
  return transact(["facts"], "readwrite", (facts) => {
    if (value === undefined) facts.delete(name);
    else facts.put({ name, value });
  });
}

/** The encrypted copy of a path; undefined when there is none. */
export function copyOf(path) {
  return transact(["copies"], "readonly", (copies) => copies.get(path));
}

/** Every encrypted copy. */
export function allCopies() {
  return transact(["copies"], "readonly", (copies) => copies.getAll());
}

/** Keeps an encrypted copy, unless the key that it was made with is no longer the one. */
export function putCopy(copy) {
  return transact(["copies", "facts"], "readwrite", (copies, facts) => {
    const owner = facts.get("owner");
    owner.onsuccess = () => { if (owner.result?.value === copy.owner) copies.put(copy); };
  });
}

/** Forgets copies from before the one moment or after the other, and with the last of them their key. */
export function forgetCopies(before, after) {
  return transact(["copies", "facts"], "readwrite", (copies, facts) => {
    forgetEach(copies, facts, ({ at }) => at < before || at > after);
  });
}

function forgetEach(copies, facts, isOver) {
  const cursor = copies.openCursor();
  const found = { gone: 0, left: 0 };
  cursor.onsuccess = () => {
    if (!cursor.result) {
      // A key that has encrypted nothing yet stays.
      if (found.gone && !found.left) for (const name of ["key", "owner"]) facts.delete(name);
      return;
    }
    const goes = isOver(cursor.result.value);
    found[goes ? "gone" : "left"] += 1;
    if (goes) cursor.result.delete();
    cursor.result.continue();
  };
}

/** Forgets all copies, with the key that they had; the next ones are made with this key, for this owner. */
export function wipeCopies(key, owner) {
  return transact(["copies", "facts"], "readwrite", (copies, facts) => {
    copies.clear();
    facts.put({ name: "key", value: key });
    facts.put({ name: "owner", value: owner });
  });
}

/** Forgets all that is of whoever was signed in: copies, key, PINs, the lock; no entry. */
export function wipeOwn() {
  return transact(["copies", "facts"], "readwrite", (copies, facts) => {
    copies.clear();
    forgetFacts(facts);
  });
}

/** The same, and the entries that were answered; those without an answer stay. */
export function wipeAnswered() {
  return transact(["sent", "copies", "facts"], "readwrite", (sent, copies, facts) => {
    sent.clear();
    copies.clear();
    forgetFacts(facts);
  });
}

/** Forgets all facts but the number of the last entry, which orders those that wait, and the time. */
function forgetFacts(facts) {
  const names = facts.getAllKeys();
  names.onsuccess = () => names.result.filter((name) => !["seq", "time"].includes(name)).forEach((name) => facts.delete(name));
}
