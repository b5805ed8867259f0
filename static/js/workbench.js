/* The outline of causes by keyboard. The server does everything (see workbench_rows.html); this only presses its buttons,
   keeps the place where one writes when the tree is swapped, and opens a line for the next cause in the tree itself.
   What somebody is typing is put back into a tree that arrives meanwhile, together with the version that it was typed on:
   so a change by somebody else is still found out. */
(() => {
  "use strict";

  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const tree = () => document.getElementById("workbench-tree");
  const lines = () => all("[data-line]", tree());
  const itemOf = (element) => element.closest(".wb-item");
  const isLine = (element) => element instanceof HTMLElement && element.matches?.("#workbench-tree [data-line]");

  document.documentElement.classList.add("wb-scripted");
  let kept = null; // what was being written when the tree was last asked for
  let waiting = []; // keys pressed while an answer was under way
  let busy = false;
  let leaving = false; // after Escape the next Tab goes on to the next control, as everywhere else
  let moving = false; // a line that leaves the page says "change", though nobody has left it

  const grow = (area) => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };
  const growAll = () => {
    if (!CSS.supports("field-sizing", "content")) all("textarea[data-line]", tree()).forEach(grow);
  };

  /* Saving ------------------------------------------------------------------------------------------------------ */
  const dirty = (area) => !area.readOnly && area.value !== area.defaultValue;
  function press(area, what) {
    const item = itemOf(area);
    if (busy) {
      waiting.push({ id: item.dataset.cause, what });
      return;
    }
    const button = find(`:scope > form button[value="${what}"]`, item);
    button?.click(); // htmx sends the button that was clicked last
  }
  function send(area) { // a new line
    const item = itemOf(area);
    if (!area.value.trim()) item.remove();
    else find("form", item).requestSubmit();
  }
  document.addEventListener("submit", (event) => {
    const item = event.target.closest?.(".wb-new");
    if (!item) return;
    if (busy || item.dataset.sent) { // one at a time: it is sent when the answer is there
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!item.dataset.sent) item.dataset.queued = "1";
      return;
    }
    event.target.elements.after.value = item.previousElementSibling?.dataset.cause ?? "";
    event.target.elements.parent.value = item.parentElement.closest(".wb-item")?.dataset.cause ?? "";
    delete item.dataset.queued;
    item.dataset.sent = "1";
  }, true);

  /* Lines for the next causes ------------------------------------------------------------------------------------- */
  const levelBelow = (item) => {
    let list = find(":scope > ol", item);
    if (!list) {
      list = document.createElement("ol");
      item.append(list);
    }
    return list;
  };
  function makeLine(place, text = "") { // place: (item) => puts it into the tree
    const item = document.getElementById("new-row").content.firstElementChild.cloneNode(true);
    place(item);
    window.htmx.process(item);
    find("[data-line]", item).value = text;
    return item;
  }
  function openLine(place) {
    const empty = all(".wb-new", tree()).filter((item) => !find("[data-line]", item).value.trim());
    const item = makeLine(place);
    find("[data-line]", item).focus();
    empty.forEach((old) => old.remove());
  }

  /* Keys ---------------------------------------------------------------------------------------------------------- */
  document.addEventListener("keydown", (event) => {
    if (!isLine(event.target) || event.isComposing) return;
    const area = event.target;
    const item = itemOf(area);
    const isNew = item.classList.contains("wb-new");
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "Enter" && plain) {
      event.preventDefault();
      if (isNew) {
        if (!area.value.trim()) return;
        send(area);
        openLine((next) => item.after(next));
      } else {
        if (dirty(area)) press(area, "save");
        waiting.push({ id: item.dataset.cause, what: "next" });
        if (!busy) work();
      }
    } else if (event.key === "Enter" && event.altKey && !isNew) {
      event.preventDefault();
      const link = find(":scope > form [data-finding]", item);
      link.focus();
      link.click();
    } else if (event.key === "Tab" && plain && !leaving) {
      event.preventDefault();
      if (isNew) shiftNew(item, event.shiftKey);
      else press(area, event.shiftKey ? "out" : "in");
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      if (!isNew) press(area, event.key === "ArrowUp" ? "up" : "down");
    } else if (plain && !event.shiftKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const others = lines();
      const next = others[others.indexOf(area) + (event.key === "ArrowUp" ? -1 : 1)];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    } else if (event.key === "Backspace" && isNew && !area.value) {
      event.preventDefault();
      const others = lines();
      const previous = others[others.indexOf(area) - 1];
      item.remove();
      previous?.focus();
    } else if (event.key === "Escape") {
      if (isNew) item.remove();
      else {
        if (dirty(area)) area.value = area.defaultValue;
        leaving = true;
      }
      return;
    }
    if (event.key !== "Shift") leaving = false;
  });

  function shiftNew(item, out) {
    const area = find("[data-line]", item);
    moving = true;
    if (out) {
      const above = item.parentElement.closest(".wb-item");
      if (above) above.after(item);
    } else if (item.previousElementSibling) levelBelow(item.previousElementSibling).append(item);
    moving = false;
    area.focus();
  }

  document.addEventListener("change", (event) => {
    const target = event.target;
    if (moving) return;
    if (isLine(target)) {
      const item = itemOf(target);
      if (item.classList.contains("wb-new")) {
        if (!item.dataset.sent && !item.dataset.queued && target.value.trim()) send(target);
      } else if (dirty(target)) press(target, "save");
    } else if (target.matches("#workbench-tree [data-save]")) press(target, "save");
  });
  document.addEventListener("input", (event) => {
    if (isLine(event.target) && !CSS.supports("field-sizing", "content")) grow(event.target);
  });
  document.addEventListener("click", (event) => {
    const why = event.target.closest?.("#workbench-tree [data-why]");
    if (!why || !document.getElementById("new-row")) return;
    event.preventDefault();
    openLine((item) => levelBelow(itemOf(why)).append(item));
  });

  /* Swapping ------------------------------------------------------------------------------------------------------- */
  const isTree = (event) => event.detail.target?.id === "workbench-tree";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isTree(event)) return;
    const asks = event.detail.elt.id === "workbench-tree"; // by itself, whether anything has changed
    if (asks && (busy || find(".wb-conflict", tree()) || document.querySelector("details.menu[open]"))) {
      event.preventDefault();
      return;
    }
    busy = true;
    find("[data-outline]", tree())?.setAttribute("aria-busy", "true");
    tree().dataset.sending = event.detail.elt.closest(".wb-item")?.dataset.cause ?? "";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 409 || status === 422) { // refused, with the page that says why
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    if (!isTree(event) || !event.detail.shouldSwap) return;
    kept = keep(event.detail.requestConfig?.elt);
    moving = true;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "workbench-tree" && event.detail.elt?.id !== "workbench-tree") return;
    moving = false;
    window.htmx.process(tree()); // now, not when it has settled: the next key may be waiting already
    growAll();
    if (kept) putBack(kept);
    kept = null;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isTree(event)) return;
    busy = false;
    find("[data-outline]", tree())?.removeAttribute("aria-busy");
    if (!event.detail.successful && event.detail.xhr.status !== 409 && event.detail.xhr.status !== 422) waiting = [];
    work();
  });

  function keep(sender) {
    const active = document.activeElement;
    const sent = sender?.closest?.(".wb-item");
    const texts = all(".wb-item:not(.wb-new)", tree())
      .filter((item) => item !== sent)
      .map((item) => ({ item, area: find(":scope > form [data-line]", item) }))
      .filter(({ area }) => area && dirty(area))
      .map(({ item, area }) => ({ id: item.dataset.cause, text: area.value, seen: find("[name=seen]", item).value, was: find("[name=was_text]", item).value }));
    const fresh = all(".wb-new:not([data-sent])", tree()).map((item) => {
      const area = find("[data-line]", item);
      return {
        text: area.value,
        queued: item.dataset.queued,
        at: area === active ? area.selectionStart : null,
        follows: item.previousElementSibling?.classList.contains("wb-new") ?? false, // another new one
        after: item.previousElementSibling?.dataset.cause,
        parent: item.parentElement.closest(".wb-item")?.dataset.cause,
      };
    });
    return {
      texts,
      fresh,
      focus: isLine(active) ? { id: itemOf(active).dataset.cause, at: active.selectionStart } : null,
      why: active?.closest?.("[data-finding]") ? itemOf(active)?.dataset.cause : null,
    };
  }

  function putBack(state) {
    for (const { id, text, seen, was } of state.texts) {
      const item = document.getElementById(`cause-${id}`);
      const area = item && find(":scope > form [data-line]", item);
      if (!area) continue;
      area.value = text;
      find("[name=seen]", item).value = seen;
      find("[name=was_text]", item).value = was;
    }
    const added = tree().dataset.added;
    const byId = (id) => id && document.getElementById(`cause-${id}`);
    let last = byId(added);
    for (const line of state.fresh) {
      const before = line.follows ? last : byId(line.after);
      const above = byId(line.parent);
      last = makeLine((item) => {
        if (before) before.after(item);
        else if (above) levelBelow(above).append(item);
        else find("[data-outline]", tree()).append(item);
      }, line.text);
      if (line.queued) last.dataset.queued = "1";
      if (line.at !== null) {
        find("[data-line]", last).focus();
        find("[data-line]", last).setSelectionRange(line.at, line.at);
      }
    }
    if (state.fresh.some((line) => line.at !== null)) return;
    const conflict = find(".wb-conflict, .errbox", tree());
    if (conflict) {
      conflict.focus();
      return;
    }
    const finding = find(".wb-finding", tree());
    if (state.why && finding) {
      find("input:checked, input:not([type=hidden]), textarea", finding)?.focus();
      return;
    }
    const at = added ?? state.focus?.id;
    const area = at && find(`#cause-${at} > form [data-line]`);
    if (area && document.activeElement === document.body) {
      area.focus();
      if (state.focus && !added) area.setSelectionRange(state.focus.at, state.focus.at);
    }
  }

  function work() { // the keys that were pressed meanwhile
    while (waiting.length && !busy) {
      const { id, what } = waiting.shift();
      const item = document.getElementById(`cause-${id}`);
      if (!item) continue;
      if (what === "next") {
        if (!find(".wb-conflict, [aria-invalid]", item)) openLine((line) => item.after(line));
      } else press(find(":scope > form [data-line]", item), what);
    }
    const queued = !busy && find(".wb-new[data-queued] [data-line]", tree());
    if (queued) send(queued);
  }

  /* The form below the tree empties when its cause is in the tree. */
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("[data-add-form]") && event.detail.xhr.status === 200) {
      form.reset();
      find("[name=text]", form).focus();
    }
  });

  growAll();
})();
