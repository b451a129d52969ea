// A paper roster by keyboard alone: a letter or 1–5 marks the row and goes on to the next, arrows go up and down.

const form = document.querySelector("[data-typing]");
const rows = [...(form?.querySelectorAll("tbody tr") ?? [])];

/** The row's chosen mark, else its first. */
function choiceOf(row) {
  return row.querySelector("input[type=radio]:checked") ?? row.querySelector("input[type=radio]");
}

/** Goes to a row; below the last one is the button that saves. */
function goTo(number) {
  const row = rows[number];
  (row ? choiceOf(row) : number < 0 ? choiceOf(rows[0]) : form.querySelector("button[type=submit]")).focus();
}

form?.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const number = rows.indexOf(event.target.closest?.("tbody tr"));
  if (number < 0) {
    if (event.key === "ArrowUp") {
      event.preventDefault();
      goTo(rows.length - 1);
    }
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    goTo(number + step);
    return;
  }
  const radios = [...rows[number].querySelectorAll("input[type=radio]")];
  const wanted = radios.find((radio) => radio.dataset.letter === event.key.toUpperCase()) ?? radios[Number(event.key) - 1];
  if (!wanted) return;
  event.preventDefault();
  wanted.checked = true;
  goTo(number + 1);
});

const first = rows.find((row) => row.querySelector(".failure")) ?? rows.find((row) => !row.querySelector(":checked"));
if (first) choiceOf(first).focus();
