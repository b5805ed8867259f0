/* Progressive enhancement: every page works without this file. No words stand here; they come from data- attributes. */
(() => {
  "use strict";

  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const typing = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type);

  const start = (root) => {
    all("[data-dismiss], [data-shortcuts], [data-copy], [data-close][hidden], [data-add], [data-remove], [data-print]", root)
      .forEach((button) => { button.hidden = false; });
    all("[data-counter]", root).forEach(countCharacters);
    all("[data-guard]", root).forEach(guard);
    all("[data-bulk]", root).forEach(startBulk);
    all("[data-formset]", root).forEach(startFormset);
    all("details[data-dialog]", root).forEach(askInDialog);
    all(".tabs [aria-current]", root).forEach((tab) => { // on a phone the tabs scroll: show the one we are on
      tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
    });
    find(".errbox, [role=alert][tabindex]", root)?.focus(); // what went wrong is read first
  };

  /* Searching, menus, dialogs ------------------------------------------------------------------------------------ */
  document.addEventListener("keydown", (event) => {
    const search = find("[data-search]");
    if (search && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]") ?? find("details.menu[open]");
      if (menu) {
        menu.open = false;
        find("summary", menu).focus();
      }
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || find("dialog[open]")) return;
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "?") find("#shortcuts")?.showModal();
    moveInRows(event);
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
    if (target.closest("[data-shortcuts]")) find("#shortcuts").showModal();
    const opener = target.closest("[data-open]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.open).showModal();
    }
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
    if (target.matches("dialog")) target.close(); // the backdrop
    target.closest("[data-dismiss]")?.closest(".toast")?.remove();
    if (target.closest("[data-print]")) window.print();
    const copier = target.closest("[data-copy]");
    if (copier) copy(copier);
  });

  /* <details data-dialog> opens its form in a modal dialog; without JavaScript it opens in place. */
  function askInDialog(details) {
    const body = find(".ask-body", details);
    const summary = find("summary", details);
    if (!body || body.querySelector(".errbox")) return;
    summary.addEventListener("click", (event) => {
      event.preventDefault();
      const dialog = document.createElement("dialog");
      dialog.className = "dialog";
      dialog.setAttribute("aria-labelledby", body.getAttribute("aria-labelledby"));
      dialog.append(body);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        details.append(body);
        dialog.remove();
        summary.focus();
      });
      dialog.showModal();
    });
  }

  async function copy(button) {
    const source = button.dataset.copy;
    const text = source.startsWith("#") ? find(source).textContent.trim() : source;
    await navigator.clipboard.writeText(text);
    const label = find("span", button) ?? button;
    const before = label.textContent;
    label.textContent = button.dataset.copied ?? before;
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  /* Lists by keyboard --------------------------------------------------------------------------------------------- */
  function moveInRows(event) {
    const rows = all("[data-rows] [data-row]");
    if (!rows.length) return;
    const key = event.key.toLowerCase();
    let at = rows.findIndex((row) => row.contains(document.activeElement));
    if (at < 0) at = rows.findIndex((row) => row.classList.contains("at"));
    if (key === "j" || key === "k") {
      event.preventDefault();
      const next = rows[at < 0 ? 0 : Math.min(Math.max(at + (key === "j" ? 1 : -1), 0), rows.length - 1)];
      rows.forEach((row) => row.classList.toggle("at", row === next));
      find("a[href]", next)?.focus();
      next.scrollIntoView({ block: "nearest" });
    } else if (key === "x" && at >= 0) {
      event.preventDefault();
      find("input[type=checkbox]", rows[at])?.click();
    } else if (key === "enter" && at >= 0 && document.activeElement === document.body) {
      find("a[href]", rows[at])?.click();
    }
  }

  function startBulk(bar) {
    const form = document.getElementById(bar.dataset.bulk);
    const boxes = () => [...form.elements].filter((box) => box.type === "checkbox" && box.closest("[data-row]"));
    const everything = find("[data-bulk-all]");
    const update = () => {
      const ticked = boxes().filter((box) => box.checked).length;
      bar.hidden = ticked === 0;
      all("[data-bulk-count]", bar).forEach((place) => { place.textContent = ticked; });
      boxes().forEach((box) => box.closest("[data-row]").classList.toggle("on", box.checked));
      if (everything) {
        everything.checked = ticked > 0 && ticked === boxes().length;
        everything.indeterminate = ticked > 0 && !everything.checked;
      }
    };
    document.addEventListener("change", (event) => {
      if (event.target === everything) boxes().forEach((box) => { box.checked = everything.checked; });
      update();
    });
    find("[data-bulk-clear]", bar)?.addEventListener("click", () => {
      boxes().forEach((box) => { box.checked = false; });
      update();
    });
    update();
  }

  /* Forms ----------------------------------------------------------------------------------------------------------- */
  function countCharacters(place) {
    const input = document.getElementById(place.dataset.counter);
    if (!input) return;
    const limit = Number(input.getAttribute("maxlength"));
    const show = () => {
      const left = limit - [...input.value].length;
      place.textContent = place.dataset.left.replace("%n", left);
      place.classList.toggle("over", left <= 0);
    };
    input.addEventListener("input", show);
    show();
  }

  const changed = new Set();
  function guard(form) {
    form.addEventListener("input", () => changed.add(form));
    form.addEventListener("submit", () => changed.delete(form));
  }
  addEventListener("beforeunload", (event) => {
    if (![...changed].some((form) => form.isConnected)) return;
    event.preventDefault();
    event.returnValue = "";
  });

  /* A POST form is sent once. The button's own name and value must still travel, so it is not disabled at once. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "many" in form.dataset) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.classList.add("busy");
  });
  addEventListener("pageshow", () => {
    all("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
    all(".btn.busy").forEach((button) => button.classList.remove("busy"));
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  /* data-formset="prefix": a <template> row with __prefix__, [data-rows-here], [data-add]; [data-remove] in a row. */
  function startFormset(box) {
    const prefix = box.dataset.formset;
    const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
    const place = find("[data-rows-here]", box) ?? box;
    box.addEventListener("click", (event) => {
      if (event.target.closest("[data-add]")) {
        const holder = document.createElement("div");
        holder.innerHTML = find("template", box).innerHTML.replaceAll("__prefix__", total.value);
        const row = holder.firstElementChild;
        total.value = Number(total.value) + 1;
        place.append(row);
        start(row);
        find("input:not([type=hidden]), select, textarea", row)?.focus();
      }
      const remover = event.target.closest("[data-remove]");
      if (remover) {
        const row = remover.closest(".formset-row");
        const mark = find("input[name$='-DELETE']", row);
        if (mark) {
          mark.checked = true;
          row.hidden = true;
        } else {
          all("input, select, textarea", row).forEach((input) => { input.value = ""; });
          row.hidden = true;
        }
      }
    });
  }

  /* Parts that htmx swaps in come to life the same way; a place on the rail stays where it was. */
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) start(event.detail.elt);
  });

  start(document);
})();
