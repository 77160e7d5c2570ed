// @ts-check

// Fault points. Only the extension that tests load has this script, before the worker's own; what people install has
// not. Every effect of the worker is a step: a call of Chrome's that looks, one before and one after a call that
// changes something, each write of a batch, its commit, and each answer to a page. At the step that a test chose the
// worker stops for good: that effect and all later ones never happen, and nobody hears anything of it any more. The
// test then ends the worker, as Chrome may at any time.

/** Steps that are kept for a failure's message; older ones are forgotten. */
const TRACE = 200;

/** What is waited for here never goes on. */
const never = new Promise(() => {});

const point = {
  /** The step at which the worker stops; 0 for none. */
  at: 0,
  /** The steps until now. */
  step: 0,
  /** When the last of them was, or when a test began to count. */
  last: Date.now(),
  /** The step at which it stopped. */
  reached: "",
  /** Writes fail, as on a full disk. */
  full: false,
  /** @type {string[]} */
  trace: [],
};

/**
 * Counts a step. Whether the worker has stopped, by it or before.
 *
 * @param {string} name
 */
function stops(name) {
  if (point.reached !== "") {
    return true;
  }
  point.step += 1;
  point.last = Date.now();
  point.trace.push(name);
  point.trace.splice(0, point.trace.length - TRACE);
  if (point.step === point.at) {
    point.reached = name;
  }
  return point.reached !== "";
}

/** @param {number} at */
function arm(at) {
  Object.assign(point, { at, step: 0, last: Date.now(), trace: [] });
}

let told = false;

/** A worker that is only starting is told by this where to stop. */
const armed = chrome.storage.session.get("fault").then(({ fault }) => {
  if (typeof fault === "number") {
    arm(fault);
  }
  told = true;
});

/**
 * Makes steps of calls of a part of Chrome's interface.
 *
 * @param {string} part
 * @param {string[]} looks
 * @param {string[]} changes
 */
function watch(part, looks, changes) {
  /** @type {any} */
  const owner = part.split(".").reduce((/** @type {any} */ of, name) => of[name], chrome);
  for (const name of [...looks, ...changes]) {
    const original = owner[name].bind(owner);
    const isChange = changes.includes(name);
    /** @param {unknown[]} given */
    owner[name] = async (...given) => {
      if (!told) {
        await armed;
      }
      if (stops(`${part}.${name}`)) {
        return never;
      }
      const outcome = await original(...given);
      return (isChange && stops(`${part}.${name} is done`)) || point.reached !== "" ? never : outcome;
    };
  }
}

watch("tabs", ["query", "get"], ["create", "update", "remove", "discard", "move", "ungroup", "group"]);
watch("tabGroups", ["query"], ["move", "update"]);
watch("windows", ["getAll"], ["create", "update", "remove"]);
watch("storage.local", ["get"], ["set", "remove"]);
watch("storage.session", ["get"], ["set"]);
watch("alarms", [], ["create"]);
watch("action", [], ["setBadgeText"]);

/**
 * Makes steps of calls of the File System Access API: what is written into a folder.
 *
 * @param {any} owner
 * @param {string[]} names
 */
function watchFiles(owner, names) {
  for (const name of names) {
    const original = owner[name];
    /** @param {unknown[]} given */
    owner[name] = async function (...given) {
      if (stops(`${name} of a file`)) {
        return never;
      }
      const outcome = await original.apply(this, given);
      return stops(`${name} of a file is done`) ? never : outcome;
    };
  }
}

watchFiles(FileSystemDirectoryHandle.prototype, ["getFileHandle", "removeEntry"]);
watchFiles(FileSystemFileHandle.prototype, ["createWritable", "getFile"]);
watchFiles(FileSystemWritableFileStream.prototype, ["write", "close"]);

const request = LockManager.prototype.request;
/** @param {any[]} given */
LockManager.prototype.request = function (...given) {
  return stops("lock") ? never : /** @type {any} */ (request).apply(this, given);
};

const transaction = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (stores, mode, options) {
  if (mode !== "readwrite") {
    return transaction.call(this, stores, mode, options);
  }
  if (stops("write")) {
    throw new Error("stopped");
  }
  const begun = transaction.call(this, stores, mode, options);
  if (point.full) {
    begun.abort();
  }
  return begun;
};

for (const name of /** @type {const} */ (["put", "delete"])) {
  const original = IDBObjectStore.prototype[name];
  /** @param {any[]} given */
  IDBObjectStore.prototype[name] = function (...given) {
    if (stops(`${name} ${given.at(name === "put" ? 1 : 0)}`)) {
      this.transaction.abort();
      throw new Error("stopped");
    }
    return /** @type {any} */ (original).apply(this, given);
  };
}

for (const [name, step] of [["oncomplete", "committed"], ["onabort", "aborted"]]) {
  const property = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, name);
  Object.defineProperty(IDBTransaction.prototype, name, {
    ...property,
    /** @param {((event: Event) => void) | null} listener */
    set(listener) {
      property?.set?.call(this, listener && ((/** @type {Event} */ event) => stops(step) || listener(event)));
    },
  });
}

const listen = chrome.runtime.onMessage.addListener.bind(chrome.runtime.onMessage);
/** @param {(message: any, sender: any, respond: (answer: unknown) => void) => boolean | undefined} listener */
chrome.runtime.onMessage.addListener = (listener) =>
  listen((message, sender, respond) => {
    // Who asks one that has stopped waits until it is ended.
    return point.reached !== "" || listener(message, sender, (answer) => stops("answer") || respond(answer));
  });

Object.assign(globalThis, {
  faults: {
    arm,
    /** @param {boolean} full */
    fill: (full) => {
      point.full = full;
    },
    state: () => ({ ...point, quiet: Date.now() - point.last, trace: [...point.trace] }),
  },
});
