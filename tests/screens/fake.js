// @ts-check
// What a page needs around it to be photographed: a clock that stands, fonts that are the same everywhere, and
// Chrome's extension API and the relay answering from `globalThis.fixture`. Runs before the page's own scripts.

(() => {
  /** @type {any} */
  const fixture = /** @type {any} */ (globalThis).fixture;

  const RealDate = Date;
  class StandingDate extends RealDate {
    /** @param {[] | [any]} given */
    constructor(...given) {
      super(...(given.length === 0 ? [fixture.now] : given));
    }

    static now() {
      return fixture.now;
    }
  }
  Object.assign(globalThis, { Date: StandingDate });

  const look = new CSSStyleSheet();
  look.replaceSync(`
    :root { --font: "Noto Sans"; --mono: "Noto Sans Mono"; }
    * { caret-color: transparent !important; scrollbar-width: none !important; }
    ${fixture.moves ? "" : "*, ::before, ::after { animation: none !important; transition: none !important; }"}
  `);
  // What moved, for those who want to know.
  fixture.moved = [];
  for (const began of ["animationstart", "transitionrun"]) {
    addEventListener(began, ({ target }) => fixture.moved.push(`${began} of ${/** @type {any} */ (target).className}`), true);
  }
  document.adoptedStyleSheets = [look];

  // What the scene before this one kept.
  localStorage.clear();
  for (const [name, value] of Object.entries(fixture.stored ?? {})) {
    localStorage.setItem(name, String(value));
  }

  /** What never comes: the page stays as it was before the answer. */
  const never = () => new Promise(() => {});
  /** @param {any} value */
  const later = (value) => (value === "never" ? never() : Promise.resolve(value));

  const relayed = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/api/")) return relayed(input, init);
    const answer = fixture.relay?.[`${request.method} ${url.pathname}`];
    if (answer === "never") return never();
    if (answer === undefined) throw new TypeError("the relay is away");
    return new Response(JSON.stringify(answer.body), {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  };

  if (fixture.media) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 1280, height: 800 });
    const context = canvas.getContext("2d");
    const draw = () => {
      if (!context) return;
      context.fillStyle = "#f5f6f8";
      context.fillRect(0, 0, 1280, 800);
      context.fillStyle = "#3353d4";
      context.fillRect(96, 96, 420, 40);
      context.fillStyle = "#c8ccd4";
      for (let line = 0; line < 9; line += 1) context.fillRect(96, 190 + line * 56, 1000 - (line % 3) * 190, 20);
    };
    draw();
    setInterval(draw, 50);
    Object.assign(globalThis, { sampleMedia: canvas.captureStream(30) });
  }
  // Whether sound may play without a click is the scene's choice, not this browser's.
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    if (fixture.silent && !this.muted) return Promise.reject(new DOMException("No click yet", "NotAllowedError"));
    this.muted = true;
    return play.call(this);
  };
  if (fixture.view) Object.assign(globalThis, { sample: JSON.stringify(fixture.view) });

  const chrome = fixture.chrome;
  if (!chrome) return;
  const event = () => ({ addListener() {}, removeListener() {} });

  /** @param {string} text */
  const answer = (text) => {
    const ask = JSON.parse(text);
    const name = typeof ask === "string" ? ask : Object.keys(ask)[0];
    (fixture.asks ??= []).push(ask);
    // What the library's page asks is told apart by what it is about.
    const of = name === "library" ? (typeof ask.library === "string" ? ask.library : Object.keys(ask.library)[0]) : undefined;
    const found = chrome.answers?.[of === undefined ? name : `library_${of}`] ?? "done";
    return later(found === "never" ? "never" : JSON.stringify(found));
  };

  // Each turn everything that is counted has grown by as much.
  const glimpse = (/** @type {(message: unknown) => void} */ tell) => {
    let turn = 0;
    setInterval(() => {
      turn += 1;
      const readings = chrome.glimpse.readings.map((/** @type {any} */ reading) => ({
        ...reading,
        ...Object.fromEntries(["at_ms", "bytes", "frames", "packets", "lost"].map((name) => [name, reading[name] * turn])),
      }));
      tell({ glimpse: { ...chrome.glimpse, readings } });
    }, 100);
  };

  const connect = () => {
    /** @type {((message: string) => void)[]} */
    const listeners = [];
    /** @param {unknown} message */
    const tell = (message) => queueMicrotask(() => listeners.forEach((hear) => hear(JSON.stringify(message))));
    return {
      postMessage: (/** @type {string} */ text) => {
        const said = JSON.parse(text);
        if (chrome.projection) tell({ projection: chrome.projection });
        if (said.show && chrome.view !== "never") tell({ view: chrome.view });
        if (said.show && chrome.glimpse) glimpse(tell);
      },
      disconnect() {},
      onMessage: { addListener: (/** @type {any} */ hear) => listeners.push(hear), removeListener() {} },
      onDisconnect: event(),
    };
  };

  // What a test lets go when it wants to.
  const held = chrome.holds ? new Promise((resolve) => Object.assign(chrome, { release: resolve })) : undefined;

  const tabs = chrome.tabs ?? [];
  /** @param {any} query @param {any} tab */
  const asked = (query, tab) => {
    const window = query.currentWindow ? 1 : query.windowId;
    return (window === undefined || tab.windowId === window) && (!query.active || tab.active);
  };
  // Chromium puts an object of this name into every page, later than this runs.
  Object.defineProperty(globalThis, "chrome", {
    writable: false,
    value: {
      runtime: {
        id: "screens",
        sendMessage: (/** @type {any} */ message) => answer(message.ask),
        connect,
        getURL: (/** @type {string} */ path) => `chrome-extension://screens/${path}`,
        openOptionsPage: async () => {},
      },
      tabs: {
        query: (/** @type {any} */ query) =>
          chrome.fails ? Promise.reject(new Error(chrome.fails)) : later(chrome.tabs === "never" ? "never" : tabs.filter((/** @type {any} */ tab) => asked(query, tab))),
        update: async () => {},
        create: async () => {},
        onCreated: event(),
        onRemoved: event(),
        onUpdated: event(),
      },
      tabGroups: { query: async () => chrome.groups ?? [] },
      windows: { getCurrent: async () => ({ id: 1 }), update: async () => {} },
      storage: {
        local: { get: async () => later(chrome.projection === "never" ? "never" : { projection: JSON.stringify(chrome.projection ?? null) }) },
        session: {
          get: async () => {
            await held;
            return chrome.session ?? {};
          },
          set: async (/** @type {any} */ items) => {
            if (chrome.asked) throw new Error("Chrome's question has closed the page");
            chrome.session = { ...chrome.session, ...items };
          },
        },
        onChanged: event(),
      },
      permissions: {
        contains: async () => !chrome.asks,
        request: () => {
          chrome.asked = true;
          return never();
        },
      },
      tabCapture: { getMediaStreamId: () => (chrome.captureFails ? Promise.reject(new Error(chrome.captureFails)) : Promise.resolve("media")) },
      sidePanel: { open: async () => {}, setOptions: async () => {} },
      action: { setBadgeText: async (/** @type {any} */ badge) => { chrome.badge = badge; }, setTitle: async () => {} },
      i18n: { getMessage: (/** @type {string} */ name) => name },
    },
  });
})();
