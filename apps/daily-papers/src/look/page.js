// Every page works without this file; it saves clicks and waiting. No page needs more than is here.

document.documentElement.classList.add("script");

/** Times in the reader's own zone. */
function writeMoments() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[data-moment]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}

/** A button to copy beside each command. */
function offerCopies(within = document) {
  if (!navigator.clipboard) return;
  for (const place of within.querySelectorAll("[data-copy]")) {
    if (place.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    const copy = async () => {
      await navigator.clipboard.writeText(place.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    };
    button.addEventListener("click", () => void copy());
    place.append(button);
  }
}

/** The text of an address, or undefined when it cannot be had; a later call for the same purpose ends an earlier one. */
function latest() {
  let running;
  return async (url) => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { signal: running.signal });
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined;
    }
  };
}

/** Time, memory and the command line follow the form while one chooses. */
function previewRuns() {
  for (const form of document.querySelectorAll("form[data-preview]")) {
    // Not form.dataset: a field of that name stands before it.
    const path = form.getAttribute("data-preview");
    const get = latest();
    let waiting;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const html = await get(`${path}?${new URLSearchParams(new FormData(form))}`);
        if (html === undefined) return;
        const news = new DOMParser().parseFromString(html, "text/html");
        for (const part of news.querySelectorAll("[data-fragment]")) {
          form.querySelector(`[data-fragment="${part.dataset.fragment}"]`).replaceWith(part);
        }
        offerCopies(form);
      }, 250);
    });
  }
}

/** A run at work: its picture and its line change as they arrive; when it is at rest, the page shows the result. */
function followRuns() {
  for (const live of document.querySelectorAll("[data-live]")) {
    const stream = new EventSource(live.dataset.live);
    for (const place of live.querySelectorAll("[data-fragment]")) {
      stream.addEventListener(place.dataset.fragment, ({ data }) => {
        if (place.innerHTML !== data) place.innerHTML = data;
      });
    }
    stream.addEventListener("rest", () => {
      stream.close();
      location.reload();
    });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      for (const link of live.querySelectorAll("[data-without-script]")) link.removeAttribute("data-without-script");
    });
  }
}

/** Names that a reader may mean, while typing. */
function suggestNames() {
  for (const form of document.querySelectorAll("form[data-suggest]")) {
    const field = form.elements.namedItem("words");
    const get = latest();
    let waiting;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const text = await get(`${form.getAttribute("data-suggest")}?${new URLSearchParams({ text: field.value })}`);
        if (text === undefined) return;
        field.list.replaceChildren(...JSON.parse(text).map((one) => new Option(one.text, one.value)));
      }, 150);
    });
  }
}

/** Parts that take seconds come after the page. */
async function loadParts() {
  for (const place of document.querySelectorAll("[data-load]")) {
    place.setAttribute("aria-busy", "true");
    const html = await latest()(place.dataset.load);
    if (html !== undefined) place.innerHTML = html;
    place.removeAttribute("aria-busy");
  }
}

/** A vote counts without leaving the page; what cannot be done here is done by the form. */
function sendVotes() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-vote]") || form.hasAttribute("data-plain")) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const button = form.querySelector("button");
    const body = new URLSearchParams(new FormData(form));
    body.set("vote", button.value);
    try {
      const answer = await fetch("/votes", { method: "POST", body, headers: { accept: "application/json" } });
      const result = await answer.json();
      if (answer.ok) {
        button.value = result.voted ? "off" : "on";
        button.setAttribute("aria-pressed", String(result.voted));
        form.querySelector("[data-votes]").textContent = new Intl.NumberFormat("en").format(result.votes);
        button.title = result.note;
      } else if (answer.status === 401) location.assign(result.way);
      else throw new Error(result.error);
    } catch {
      form.setAttribute("data-plain", "");
      form.requestSubmit(button);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/** Whoever subscribes gets issues by their own clock. */
function fillTimeZones() {
  for (const field of document.querySelectorAll("input[data-time-zone]")) {
    field.value = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
}

sendVotes();
fillTimeZones();
writeMoments();
offerCopies();
previewRuns();
followRuns();
suggestNames();
void loadParts();
