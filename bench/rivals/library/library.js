// @ts-check
// The least that keeps and finds tabs: a record for each space in IndexedDB, one array in the page, and a scan of it
// for each keystroke, without typos, ranks and filters. The list keeps the rows in sight and some around them.

const ROW_PX = 32;
const AROUND = 6;
const opening = indexedDB.open("plain", 1);
opening.onupgradeneeded = () => opening.result.createObjectStore("spaces", { autoIncrement: true });
/** @type {IDBDatabase} */
const database = await new Promise((resolve, reject) => {
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = reject;
});

/** @typedef {{ title: string, url: string }} Tab */

/**
 * Keeps spaces; resolves when they are on the disk.
 *
 * @param {Tab[][]} spaces
 */
const keep = (spaces) =>
  new Promise((resolve, reject) => {
    const writing = database.transaction("spaces", "readwrite", { durability: "strict" });
    for (const space of spaces) writing.objectStore("spaces").add(space);
    writing.oncomplete = () => resolve(true);
    writing.onabort = reject;
  });

/** Keeps the tabs of this window. */
const save = async () => {
  const tabs = await chrome.tabs.query({ currentWindow: true });
  await keep([tabs.map(({ title = "", url = "" }) => ({ title, url }))]);
  return tabs.length;
};
Object.assign(globalThis, { keep, save });

/** @type {Tab[][]} */
const spaces = await new Promise((resolve, reject) => {
  const reading = database.transaction("spaces").objectStore("spaces").getAll();
  reading.onsuccess = () => resolve(reading.result);
  reading.onerror = reject;
});
const tabs = spaces.flat();
const texts = tabs.map(({ title, url }) => `${title}\n${url}`.toLowerCase());

const list = /** @type {HTMLElement} */ (document.querySelector("#list"));
const all = /** @type {HTMLElement} */ (document.querySelector("#all"));
const search = /** @type {HTMLInputElement} */ (document.querySelector("input"));
/** @type {Map<number, HTMLElement>} */
const rows = new Map();
let shown = tabs;
/** @type {Set<Tab>} */
let selected = new Set();
let cursor = -1;

const show = () => {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - AROUND);
  const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW_PX) + AROUND);
  for (const [at, row] of rows) {
    if (at < first || at >= last) {
      row.remove();
      rows.delete(at);
    }
  }
  for (let at = first; at < last; at += 1) {
    const tab = shown[at];
    const there = rows.get(at);
    if (there) {
      there.classList.toggle("on", selected.has(tab));
      continue;
    }
    const row = document.createElement("div");
    const icon = document.createElement("img");
    row.className = selected.has(tab) ? "row on" : "row";
    row.dataset.testid = "library-row";
    row.style.top = `${at * ROW_PX}px`;
    row.title = tab.url;
    icon.width = icon.height = 16;
    icon.loading = "lazy";
    icon.src = `/_favicon/?pageUrl=${encodeURIComponent(tab.url)}&size=32`;
    row.append(icon, tab.title);
    rows.set(at, row);
    all.append(row);
  }
};

/** @param {Tab[]} found */
const turnTo = (found) => {
  shown = found;
  for (const row of rows.values()) row.remove();
  rows.clear();
  all.style.height = `${shown.length * ROW_PX}px`;
  list.ariaRowCount = String(shown.length);
  list.scrollTop = 0;
  show();
};

search.oninput = () => {
  const words = search.value.toLowerCase().split(/\s+/u).filter(Boolean);
  turnTo(words.length ? tabs.filter((_, at) => words.every((word) => texts[at].includes(word))) : tabs);
};
list.onscroll = show;
list.onkeydown = (event) => {
  if (event.key === "a" && event.ctrlKey) selected = new Set(shown);
  else if (event.key === "ArrowDown") selected = new Set([shown[(cursor = Math.min(cursor + 1, shown.length - 1))]]);
  else return;
  event.preventDefault();
  show();
};
turnTo(tabs);
search.focus();
