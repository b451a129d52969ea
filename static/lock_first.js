// Hides a page that is locked before anything of it is drawn; lock.js covers it and unlocks.
{
  const { sitting, lockAfter } = document.documentElement.dataset;
  const read = (name) => { try { return localStorage.getItem(name) ?? ""; } catch { return ""; } };
  const [touchedIn, touchedAt] = read("lock-touched").split(" ").map(Number);
  const idle = Number(lockAfter) && touchedAt && Math.abs(Date.now() - touchedAt) > Number(lockAfter) * 1000;
  if (Number(sitting) <= Number(read("lock-locked")) || (idle && Number(sitting) <= touchedIn)) {
    document.documentElement.classList.add("is-locked");
  }
}
