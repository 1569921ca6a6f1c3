// Small comforts. Every page works without this file.
"use strict";

const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

// Copy an address.
for (const button of all("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!field || !navigator.clipboard) continue;
  const said = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = said; }, 2500);
  });
}
for (const field of all("input.address")) field.addEventListener("focus", () => field.select());

// The list of choices beside the results is open where there is room for it.
const wide = matchMedia("(min-width: 56rem)");
for (const fold of all("details[data-open-wide]")) {
  const follow = () => { fold.open = wide.matches; };
  wide.addEventListener("change", follow);
  follow();
}

// A menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What is still going on is looked at again.
for (const note of all("[data-reload]")) setTimeout(() => location.reload(), Number(note.dataset.reload) * 1000);

// A choice in a form that says so is sent at once.
for (const form of all("form[data-auto]")) form.addEventListener("change", () => form.requestSubmit());

// "Follow us" opens where one stands instead of on a page of its own.
const plainClick = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
for (const link of all('a[href="/follow"]')) {
  link.addEventListener("click", async (event) => {
    if (!plainClick(event) || typeof HTMLDialogElement !== "function") return;
    event.preventDefault();
    let page;
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main .wrap");
    } catch {
      page = null;
    }
    if (!page) {
      location.assign(link.href);
      return;
    }
    const dialog = document.createElement("dialog");
    dialog.className = "card";
    const heading = page.querySelector("h1");
    heading.id = "dialog-h";
    dialog.setAttribute("aria-labelledby", heading.id);
    for (const part of all("[id]", page)) if (part !== heading && document.getElementById(part.id)) part.id += "-dialog";
    for (const label of all("label[for]", page)) if (document.getElementById(label.htmlFor)) label.htmlFor += "-dialog";
    const close = document.createElement("button");
    close.className = "dialog-close";
    close.textContent = "×";
    close.setAttribute("aria-label", document.body.dataset.close);
    close.addEventListener("click", () => dialog.close());
    dialog.append(close, ...page.childNodes);
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('input[name="handle"]').focus();
  });
}

// What one writes, as it will look elsewhere, and how long it is.
const shown = (name) => document.querySelector(`[data-preview="${name}"]`);
const plain = (source) => source
  .replace(/^\s*>\s?/gm, "» ")
  .replace(/(\*\*|__)(.+?)\1/g, "$2")
  .replace(/(\*|_)(.+?)\1/g, "$2")
  .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");
for (const form of all("form.write-form")) {
  const update = () => {
    const data = new FormData(form);
    for (const name of ["title", "text", "warning"]) {
      const place = shown(name);
      if (!place) continue;
      place.textContent = plain(String(data.get(name) || ""));
      if (name === "warning") place.hidden = !place.textContent;
    }
    const half = Number(data.get("rating") || 0);
    const stars = shown("rating");
    if (stars) {
      stars.textContent = "★".repeat(Math.floor(half / 2)) + (half % 2 ? "½" : "");
      stars.hidden = !half;
    }
    const word = form.querySelector(".starpick-stars input:checked ~ .starpick-word");
    const output = form.querySelector(".starpick-said");
    if (output) output.textContent = word ? word.textContent : "";
    for (const area of all("textarea[data-count]", form)) {
      const counter = form.querySelector(`[data-counter="${area.name}"]`);
      if (!counter) continue;
      const left = Number(area.dataset.count) - area.value.length;
      counter.hidden = left > 500;
      counter.textContent = String(left);
      counter.classList.toggle("over", left < 0);
    }
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  update();

  // Words that were not sent are not lost by a wrong click.
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
