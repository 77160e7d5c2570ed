// @ts-check
// Loads the gallery's WebAssembly and starts it, anew whenever the address names something else.
const bytes = fetch("/gallery/wasm/gallery/tabspace_bg.wasm");
// @ts-ignore: served by the relay, not a file beside this one.
const { default: init, start_gallery } = await import("/gallery/wasm/gallery/tabspace.js");
await init({ module_or_path: bytes });
start_gallery();
addEventListener("hashchange", () => location.reload());
