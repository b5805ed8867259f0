/* The report form, and what customers write without an account: photographs are sent while one still writes, and
   nothing is lost with the tab or the network.

   Without this file the form posts its files and fields like any other. With it:

   form#report-form
     data-upload-url    POST a file as "file" -> 201 {"id", "name", "kind", "thumbnail", "size"} or 4xx {"error"};
                        DELETE {upload-url}{id}/ takes it back. Both carry X-CSRFToken and the form's key (X-Upload-Key: without an account
                        it says whose files they are).
     data-draft-key     one draft per person, such as "report-17"
     data-ping          a small static address: can the server be reached at all?
     data-max-files, data-max-bytes    limits, checked before sending
     words (%t a time, %n a name or number, %p a percentage):
     data-saved  data-offline  data-restored  data-queued  data-sending  data-uploading  data-uploaded  data-failed
     data-remove  data-too-many  data-too-big  data-send  data-send-offline
   inside the form
     input[type=file][data-uploads]    one or more; each chosen file becomes a .shot
     .shots                            where the .shot elements go, in front of .shoot
     template[data-shot]               a .shot: [data-media] (the picture goes here), progress, [data-state],
                                       button[data-remove-shot], button[data-retry] hidden
     input[type=hidden][name=uploads]  added for each file that arrived (the server may render some, in a .shot)
   anywhere on the page
     [data-net] hidden                 the status line: [data-net-text], [data-net-on] and [data-net-off] icons,
                                       button[data-discard] hidden: throw the restored draft away
     [data-send-label]                 the words of the submit button
     [data-clear] hidden               shown with a script: throw everything of this form on this device away, at any time
     [data-private] on a field         who writes: never kept on the device
     [data-preset] on a field          comes from the address (a QR code): a draft does not overwrite it
     [data-draft-clear="key"]          on the page of thanks: the draft with that key was received

   Text is kept in localStorage at every change (it survives a closing tab); files that have not arrived, in IndexedDB. */
(() => {
  "use strict";

  const PREFIX = "serviceloop.draft.";

  /* Files on this device ------------------------------------------------------------------------------------------ */
  const files = {
    open() {
      return new Promise((resolve, reject) => {
        const request = indexedDB.open("serviceloop", 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("files", { keyPath: "key" }).createIndex("draft", "draft");
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    },
    async run(mode, work) {
      try {
        const database = await this.open();
        return await new Promise((resolve, reject) => {
          const request = work(database.transaction("files", mode).objectStore("files"));
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      } catch {
        return undefined; // private windows may refuse: the form works on, only without this safety net
      }
    },
    keep: (record) => files.run("readwrite", (store) => store.put(record)),
    drop: (key) => files.run("readwrite", (store) => store.delete(key)),
    of: async (draft) => (await files.run("readonly", (store) => store.index("draft").getAll(draft))) ?? [],
    async clear(draft) {
      for (const record of await files.of(draft)) await files.drop(record.key);
    },
  };

  const done = document.querySelector("[data-draft-clear]");
  if (done) {
    localStorage.removeItem(PREFIX + done.dataset.draftClear);
    files.clear(done.dataset.draftClear);
  }

  const form = document.getElementById("report-form");
  if (!form) return;

  const words = form.dataset;
  const draftKey = PREFIX + words.draftKey;
  const shots = form.querySelector(".shots");
  const template = form.querySelector("template[data-shot]");
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const credentials = () => ({ "X-CSRFToken": csrf, "X-Upload-Key": form.elements.key?.value ?? "" });
  const net = document.querySelector("[data-net]");
  const sendLabel = document.querySelector("[data-send-label]");
  const items = new Map(); // key -> {key, name, blob, remote, state, element, request}
  let queued = false;
  let sending = false;
  let reachable = navigator.onLine;

  const say = (text, values = {}) => text.replace(/%([tnp])/g, (all, letter) => values[letter] ?? all);
  const clock = (moment) =>
    new Date(moment).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });

  /* The status line and the button ---------------------------------------------------------------------------------- */
  function tell(text) {
    if (net) {
      net.hidden = false;
      net.classList.toggle("net-off", !reachable);
      net.querySelector("[data-net-on]").hidden = !reachable;
      net.querySelector("[data-net-off]").hidden = reachable;
      net.querySelector("[data-net-text]").textContent = text;
    }
  }
  function showReach() {
    if (sendLabel) sendLabel.textContent = reachable ? words.send : words.sendOffline;
    if (!reachable) tell(queued ? words.queued : words.offline);
  }

  /* Text --------------------------------------------------------------------------------------------------------------- */
  function fields() {
    const values = {};
    for (const field of form.elements) {
      if (!field.name || field.type === "file" || field.type === "submit") continue;
      if (field.name === "csrfmiddlewaretoken" || field.name === "uploads") continue;
      if ("private" in field.dataset) continue;
      if (field.type === "checkbox" || field.type === "radio") {
        (values[field.name] ??= []).push(...(field.checked ? [field.value] : []));
      } else {
        values[field.name] = [field.value];
      }
    }
    return values;
  }

  let pristine = JSON.stringify(fields());
  function saveText() {
    const uploaded = [...items.values()].filter((item) => item.remote).map((item) => item.remote);
    const draft = { fields: fields(), uploaded, queued, at: Date.now() };
    if (!items.size && JSON.stringify(draft.fields) === pristine) return;
    try {
      localStorage.setItem(draftKey, JSON.stringify(draft));
      if (reachable) tell(say(words.saved, { t: clock(draft.at) }));
    } catch {
      /* full or forbidden: the form still sends */
    }
  }
  let waiting;
  const saveSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(saveText, 400);
  };
  form.addEventListener("input", saveSoon);
  form.addEventListener("change", saveSoon);
  addEventListener("pagehide", () => { if (!sending) saveText(); });

  function restoreText(draft) {
    for (const field of form.elements) {
      const values = draft.fields[field.name];
      if (!values || field.type === "file" || "preset" in field.dataset) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.name !== "csrfmiddlewaretoken") field.value = values[0] ?? "";
      field.dispatchEvent(new Event("input"));
    }
  }

  /* What a closed row says about its field: data-echo="name" follows it, data-echo-note goes with the first value. */
  document.querySelectorAll("[data-echo]").forEach((place) => {
    const named = [...form.elements].filter((field) => field.name === place.dataset.echo);
    const follow = () => {
      const field = named.find((one) => one.type !== "radio" || one.checked);
      if (!field) return;
      place.textContent = field.selectedOptions?.[0]?.textContent.trim() ?? field.dataset.words ?? field.value.replace("T", " ");
      document.querySelector(`[data-echo-note="${place.dataset.echo}"]`)?.remove();
    };
    named.forEach((field) => field.addEventListener("input", follow));
  });

  /* Pictures -------------------------------------------------------------------------------------------------------------- */
  function show(item) {
    const element = template.content.firstElementChild.cloneNode(true);
    item.element = element;
    const remover = element.querySelector("[data-remove-shot]");
    remover.setAttribute("aria-label", say(words.remove, { n: item.name }));
    remover.addEventListener("click", () => remove(item));
    element.querySelector("[data-retry]")?.addEventListener("click", () => upload(item));
    shots.insertBefore(element, shots.querySelector(".shoot"));
    picture(item);
    draw(item);
  }

  function picture(item) {
    const place = item.element.querySelector("[data-media]");
    const address = item.remote?.thumbnail || (item.blob && URL.createObjectURL(item.blob));
    const kind = item.remote?.thumbnail ? "image" : (item.blob?.type ?? "").split("/")[0];
    if (!address || !/^(image|video)$/.test(kind)) {
      place.append(Object.assign(document.createElement("span"), { className: "shot-name", textContent: item.name }));
      return;
    }
    const media = document.createElement(kind === "image" ? "img" : "video");
    if (kind === "image") media.alt = item.name;
    else Object.assign(media, { muted: true, preload: "metadata", playsInline: true });
    media.addEventListener("error", () => {
      media.replaceWith(Object.assign(document.createElement("span"), { className: "shot-name", textContent: item.name }));
    });
    media.src = address;
    place.append(media);
  }

  function draw(item, percent = 0) {
    const bar = item.element.querySelector("progress");
    const state = item.element.querySelector("[data-state]");
    const retry = item.element.querySelector("[data-retry]");
    bar.hidden = item.state !== "uploading";
    bar.value = percent;
    bar.setAttribute("aria-label", say(words.uploading, { p: percent }));
    state.textContent = { arrived: words.uploaded, failed: words.failed, refused: item.error }[item.state] ?? "";
    state.hidden = !state.textContent || (item.state === "failed" && Boolean(retry));
    item.element.classList.toggle("shot-refused", item.state === "refused");
    if (retry) retry.hidden = item.state !== "failed";
  }

  function add(blob) {
    const limit = Number(words.maxFiles) || Infinity;
    if (items.size >= limit) return tell(say(words.tooMany, { n: limit }));
    const item = { key: crypto.randomUUID?.() ?? String(Math.random()), name: blob.name, blob, state: "uploading" };
    items.set(item.key, item);
    show(item);
    if (blob.size > (Number(words.maxBytes) || Infinity)) {
      item.state = "refused";
      item.error = say(words.tooBig, { n: Math.floor(words.maxBytes / 1048576) });
      return draw(item);
    }
    files.keep({ key: item.key, draft: words.draftKey, name: item.name, blob });
    upload(item);
  }

  function upload(item) {
    item.state = "uploading";
    draw(item);
    const request = new XMLHttpRequest();
    item.request = request;
    request.open("POST", words.uploadUrl);
    for (const [name, value] of Object.entries(credentials())) request.setRequestHeader(name, value);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) draw(item, Math.round((event.loaded / event.total) * 100));
    });
    request.addEventListener("load", () => {
      if (request.status === 201) arrived(item, request.response);
      else if ([400, 413, 415, 422, 429].includes(request.status)) refused(item, request.response?.error);
      else failed(item);
    });
    request.addEventListener("error", () => failed(item));
    request.addEventListener("timeout", () => failed(item));
    const body = new FormData();
    body.append("file", item.blob, item.name);
    request.send(body);
  }

  function arrived(item, remote) {
    item.remote = remote;
    item.state = "arrived";
    hold(item);
    draw(item);
    files.drop(item.key);
    saveText();
    sendIfQueued();
  }
  function hold(item) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: "uploads", value: item.remote.id });
    item.element.append(input);
  }
  function refused(item, error) {
    item.state = "refused";
    item.error = error || words.failed;
    draw(item);
    files.drop(item.key);
    sendIfQueued();
  }
  function failed(item) {
    item.state = "failed";
    draw(item);
    checkReach();
  }

  function remove(item) {
    item.request?.abort();
    items.delete(item.key);
    files.drop(item.key);
    if (item.remote) takeBack(item.remote.id);
    const next = item.element.nextElementSibling;
    item.element.remove();
    next?.querySelector("button, input")?.focus();
    saveText();
  }
  const takeBack = (id) =>
    fetch(`${words.uploadUrl}${id}/`, { method: "DELETE", headers: credentials(), keepalive: true }).catch(() => {});

  form.querySelectorAll("input[type=file][data-uploads]").forEach((input) => {
    input.addEventListener("change", () => {
      [...input.files].forEach(add);
      input.value = "";
      saveSoon();
    });
  });

  /* Files that the server already holds and rendered itself (the form came back with errors). */
  shots.querySelectorAll(".shot input[name=uploads]").forEach((input) => {
    const element = input.closest(".shot");
    const item = { key: input.value, name: element.dataset.name ?? "", remote: { id: input.value }, state: "arrived", element };
    items.set(item.key, item);
    const remover = element.querySelector("[data-remove-shot]");
    remover.hidden = false;
    remover.addEventListener("click", () => remove(item));
  });

  /* Sending ------------------------------------------------------------------------------------------------------------------- */
  async function checkReach() {
    let answer = navigator.onLine;
    if (answer) {
      answer = await fetch(words.ping, { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
    }
    if (answer !== reachable) {
      reachable = answer;
      showReach();
    }
    return answer;
  }

  const inState = (state) => [...items.values()].filter((item) => item.state === state);

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.name) { // not sent yet: the same page in another language
      saveText();
      sending = true;
      return;
    }
    event.preventDefault();
    if (sending) return;
    queued = true;
    saveText();
    if (!(await checkReach())) return showReach();
    inState("failed").forEach(upload);
    sendIfQueued();
  });

  function sendIfQueued() {
    if (!queued || sending) return;
    if (inState("uploading").length) return tell(words.sending);
    if (inState("failed").length) {
      queued = false;
      saveText();
      return tell(words.failed);
    }
    sending = true;
    queued = false;
    saveText(); // if the answer never comes, the draft (with its key) is still here and sending twice is harmless
    document.querySelectorAll(`[type=submit][form="${form.id}"], #${form.id} [type=submit]`)
      .forEach((button) => button.classList.add("busy"));
    HTMLFormElement.prototype.submit.call(form);
  }

  addEventListener("offline", () => { reachable = false; showReach(); });
  addEventListener("online", async () => {
    if (!(await checkReach())) return;
    inState("failed").forEach(upload);
    sendIfQueued();
  });
  setInterval(() => {
    if (!reachable || inState("failed").length) checkReach().then((well) => {
      if (!well) return;
      inState("failed").forEach(upload);
      sendIfQueued();
    });
  }, 15000);
  addEventListener("pageshow", (event) => { if (event.persisted) sending = false; });

  /* Coming back ------------------------------------------------------------------------------------------------------------------ */
  const discard = document.querySelector("[data-discard]");
  document.querySelectorAll("[data-discard]").forEach((button) => {
    button.hidden = !("clear" in button.dataset);
    button.addEventListener("click", async () => {
      sending = true; // nothing more is saved on the way out
      clearTimeout(waiting);
      localStorage.removeItem(draftKey);
      for (const item of items.values()) if (item.remote) takeBack(item.remote.id);
      await files.clear(words.draftKey);
      form.reset();
      location.replace(location.pathname + location.search);
    });
  });

  /* The text comes back at once, before anybody can type over it; files take the time that IndexedDB takes. */
  function restore() {
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(draftKey));
    } catch {
      draft = null;
    }
    if (document.querySelector(".errbox")) draft = null; // the server's answer is newer than the draft
    if (draft) {
      restoreText(draft);
      for (const remote of draft.uploaded ?? []) {
        const item = { key: remote.id, name: remote.name ?? "", remote, state: "arrived" };
        items.set(item.key, item);
        show(item);
        hold(item);
      }
      tellRestored(draft.at);
    }
    showReach();
    files.of(words.draftKey).then((kept) => {
      for (const record of kept) {
        const item = { key: record.key, name: record.name, blob: record.blob, state: "uploading" };
        items.set(item.key, item);
        show(item);
        upload(item);
      }
      if (kept.length && !draft) tellRestored(Date.now());
    });
  }
  function tellRestored(moment) {
    tell(say(words.restored, { t: clock(moment) }));
    if (discard) discard.hidden = false;
  }
  restore();
})();
