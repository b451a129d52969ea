// Where whole names were asked for they stay in rows that are drawn anew: the service sends the short ones.
const names = new Map();
const shownIn = (row) => row?.querySelector(".roster-row__name");

for (const row of document.querySelectorAll("[data-row]")) names.set(row.id, shownIn(row)?.textContent);
document.addEventListener("htmx:after:swap", keep);

function keep() {
  for (const [id, name] of names) {
    const shown = shownIn(document.getElementById(id));
    if (shown && shown.textContent !== name) shown.textContent = name;
  }
}
