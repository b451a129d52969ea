"""What the page keeps on the device, looked at and changed behind its back."""

from typing import Any

from playwright.sync_api import Page

# One transaction over a whole store; `row` is what is changed.
WITH_STORE = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("sosku-groups");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const transaction = opening.result.transaction("%(store)s", "readwrite");
    const rows = transaction.objectStore("%(store)s");
    const asking = rows.getAll();
    asking.onsuccess = () => {
      for (const row of asking.result) {
        %(work)s;
        rows.put(row);
      }
    };
    transaction.oncomplete = () => {
      opening.result.close();
      resolve(JSON.parse(JSON.stringify(asking.result)));
    };
  };
})"""


def kept(page: Page, store: str) -> list[dict[str, Any]]:
    """What is kept in a store."""
    return change(page, store, "")


def change(page: Page, store: str, work: str) -> list[dict[str, Any]]:
    """Change each `row` of a store."""
    found: list[dict[str, Any]] = page.evaluate(WITH_STORE % {"store": store, "work": work})
    return found
