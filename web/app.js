// @ts-check
// Loads the page's WebAssembly and starts it; the module and its bytes are fetched at the same time.
const bytes = fetch("/wasm/pages/tabspace_bg.wasm");
// @ts-ignore: served by the relay, not a file beside this one.
const { default: init, start_web } = await import("/wasm/pages/tabspace.js");
await init({ module_or_path: bytes });
start_web();
