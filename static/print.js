/** Buttons that print the sheet of the page: on A4, or small on A5. Without script the browser's own menu prints. */
const small = document.querySelector("[data-a5]");
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    small.media = button.dataset.print === "a5" ? "print" : "not all";
    window.print();
  });
}
