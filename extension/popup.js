// @ts-check
// Loads the popup's WebAssembly and starts it; the module and its bytes are fetched at the same time, and Chrome is
// asked for the window's tabs meanwhile.
const bytes = fetch(new URL("wasm/popup/tabspace_bg.wasm", import.meta.url));
const tabsAsked = chrome.tabs.query({ currentWindow: true });
const { default: init, start_popup } = await import("./wasm/popup/tabspace.js");

/**
 * The share screen is in the pages' module, which is loaded when it is first opened. Loading it again is nothing.
 *
 * @param {Element} root
 * @param {string} space
 * @param {() => void} onBack
 */
async function openShare(root, space, onBack) {
  const pages = await import("./wasm/pages/tabspace.js");
  await pages.default({ module_or_path: new URL("wasm/pages/tabspace_bg.wasm", import.meta.url) });
  pages.start_share(root, space, onBack);
}
Object.assign(globalThis, { openShare, tabsAsked });

await init({ module_or_path: bytes });
start_popup();
