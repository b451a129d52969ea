// What the pages need beyond htmx: focus, words for screen readers, sentences for failed taps, no double sending.

const announcer = document.getElementById("announcer");

/** Says a sentence to screen readers. */
export function announce(sentence) {
  if (!announcer || !sentence) return;
  announcer.textContent = "";
  // An unchanged text is not read again: empty first, fill in the next turn.
  setTimeout(() => { announcer.textContent = sentence; }, 50);
}

/** The place where a sentence about this element's failure belongs: its row, else its form. */
function placeOf(element) {
  return element.closest("[data-row]") ?? element.closest("form")?.parentElement ?? document.getElementById("main");
}

/** Shows the sentence where the finger is. */
function showFailure(element, sentence) {
  const place = placeOf(element);
  let line = place.querySelector(":scope > .failure");
  if (!line) {
    line = document.createElement("p");
    line.className = "failure";
    line.setAttribute("role", "alert");
    place.append(line);
  }
  line.textContent = sentence;
}

function clearFailure(element) {
  placeOf(element)?.querySelector(":scope > .failure")?.remove();
}

const isPage = (text) => /^\s*(<!doctype|<html)/i.test(text ?? "");

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  ctx.request.submitter?.classList.add("is-sending");
  ctx.sourceElement.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  ctx.request.submitter?.classList.remove("is-sending");
  ctx.sourceElement.removeAttribute("aria-busy");
});

// A whole page never lands inside a piece: a sign-in takes the window, an error page becomes a sentence.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const { status, raw } = ctx.response;
  if (ctx.hx?.redirect || ctx.hx?.refresh || ctx.hx?.location) return;
  if (status < 400 && isPage(ctx.text) && raw.redirected) {
    event.preventDefault();
    window.location.assign(raw.url);
    return;
  }
  if (status >= 400 && ctx.text.includes("data-refusal")) {
    event.preventDefault();
    const piece = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("[data-refusal]");
    showFailure(ctx.sourceElement, piece.textContent.trim());
    return;
  }
  if (status >= 400 && (isPage(ctx.text) || !ctx.text.trim() || !raw.headers.get("content-type")?.startsWith("text/html"))) {
    event.preventDefault();
    const words = announcer.dataset;
    showFailure(ctx.sourceElement, status === 401 || status === 403 ? words.notAllowed : words.refused);
    return;
  }
  clearFailure(ctx.sourceElement);
});

document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (ctx && !ctx.response) showFailure(ctx.sourceElement, announcer.dataset.noConnection);
});

// Focus: htmx keeps an element with an id; what vanishes (an undo button) hands it to its piece.
let focused = null;
let sentences = [];

document.addEventListener("htmx:before:swap", (event) => {
  const active = document.activeElement;
  focused = active && active !== document.body
    ? { id: active.id, home: active.closest("[data-row], [id]:not(#" + CSS.escape(active.id || "-") + ")")?.id }
    : null;
  sentences = [];
  const { ctx, tasks } = event.detail;
  for (const { fragment } of tasks) {
    fragment.querySelectorAll("script").forEach((script) => script.remove());
    // A refusal speaks for itself: its sentence is an alert.
    if (ctx.response?.status >= 400) continue;
    fragment.querySelectorAll("[data-announce]").forEach((element) => sentences.push(element.dataset.announce));
  }
});

document.addEventListener("htmx:after:swap", () => {
  if (focused && (document.activeElement === document.body || !document.activeElement)) {
    const home = focused.home && document.getElementById(focused.home);
    const next = (focused.id && document.getElementById(focused.id)) || home?.querySelector("button, a[href], input:not([type=hidden]), select, textarea");
    next?.focus({ preventScroll: true });
  }
  announce(sentences.join(" "));
});

// An ordinary form is sent once. Forms that answer with a file stay usable: data-repeatable.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-repeatable]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
  setTimeout(() => release(form), 10000);
});

function release(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
}

// The browser may bring a page back as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

// An open question closes by Escape and by a tap elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.confirm[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.confirm[open]").forEach((open) => {
    if (!open.contains(event.target)) open.open = false;
  });
});

document.querySelector("[data-error-summary]")?.focus();

// The badges that are asked once the page stands: a number more or less is no failure.
for (const link of document.querySelectorAll("[data-badge]")) {
  fetch(link.dataset.badge).then(async (answer) => {
    if (answer.status === 200 && !answer.redirected) link.insertAdjacentHTML("beforeend", ` ${await answer.text()}`);
  }).catch(() => {});
}
