// @ts-check

// The offscreen document's script: listens at once, passes on once the client is loaded. A document whose client
// did not start or broke closes: the worker opens another.

import { held } from "./held.js";
import init, { start_offscreen } from "./wasm/worker/tabspace.js";

const started = init().then(() => start_offscreen());

/** @param {unknown} error */
function broken(error) {
  console.error("TabSpace's offscreen document broke", error);
  // What was asked of it is answered first, with nothing.
  setTimeout(() => close(), 100);
}
started.catch(broken);
/** @param {unknown} error */
const brokenByPanic = (error) => error instanceof WebAssembly.RuntimeError && broken(error);
addEventListener("error", (event) => brokenByPanic(event.error));
addEventListener("unhandledrejection", (event) => brokenByPanic(event.reason));

chrome.runtime.onConnect.addListener((port) => {
  const page = held(port);
  started.then(
    (offscreen) => offscreen.connected(page),
    () => port.disconnect(),
  );
});

chrome.runtime.onMessage.addListener((message, _sender, respond) => {
  if (message?.to !== "offscreen") {
    return false;
  }
  started.then((offscreen) => offscreen.message(message)).then(respond, () => respond());
  return true;
});

addEventListener("online", () => started.then((offscreen) => offscreen.online()).catch(() => {}));
