// @ts-check
// Loads the gallery's WebAssembly and starts it, anew whenever the address names something else.
const bytes = fetch("/gallery/wasm/gallery/tabspace_bg.wasm");
// @ts-ignore: served by the relay, not a file beside this one.
const { default: init, start_gallery } = await import("/gallery/wasm/gallery/tabspace.js");

/** A picture for the stages, where there is no stream: a page with a heading and a few lines. */
function picture() {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 1280, height: 720 });
  const context = canvas.getContext("2d");
  // A stream has a frame only when something is drawn.
  const draw = () => {
    if (!context) return;
    context.fillStyle = "#f5f6f8";
    context.fillRect(0, 0, 1280, 720);
    context.fillStyle = "#3353d4";
    context.fillRect(96, 96, 420, 48);
    context.fillStyle = "#c8ccd4";
    for (let line = 0; line < 7; line += 1) context.fillRect(96, 200 + line * 62, 1050 - (line % 3) * 220, 24);
  };
  draw();
  setInterval(draw, 50);
  return canvas.captureStream(30);
}
if (location.hash !== "#space") Object.assign(globalThis, { sampleMedia: picture() });

await init({ module_or_path: bytes });
start_gallery();
addEventListener("hashchange", () => location.reload());
