// @ts-check
// Loads the page's WebAssembly and starts it; the module and its bytes are fetched at the same time.
const bytes = fetch(new URL("wasm/pages/tabspace_bg.wasm", import.meta.url));
const { default: init, start_library } = await import("./wasm/pages/tabspace.js");
await init({ module_or_path: bytes });
start_library();
