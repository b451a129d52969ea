// Holds back the taps that are made before the outbox runs, until it takes them; without it they go as they are.
{
  const held = [];
  const hold = (event) => {
    const form = event.target;
    if (!form.matches("[data-outbox] [data-row] form, #all-present form")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.submitter?.classList.add("is-sending");
    held.push([form, event.submitter]);
  };
  const letGo = () => {
    document.removeEventListener("submit", hold, true);
    for (const [form, button] of held.splice(0)) {
      button?.classList.remove("is-sending");
      form.requestSubmit(button);
    }
  };
  document.addEventListener("submit", hold, true);
  document.addEventListener("outbox", letGo, { once: true });
  // Everything has been loaded, or could not be.
  addEventListener("load", letGo, { once: true });
}
