// @ts-check

/**
 * Keeps what a page says on its port until somebody listens: Chrome drops what nobody hears.
 *
 * @param {chrome.runtime.Port} port
 */
export function held(port) {
  /** @type {unknown[]} */
  const said = [];
  /** @param {unknown} message */
  const keep = (message) => {
    said.push(message);
  };
  port.onMessage.addListener(keep);
  return {
    port,
    /** What was said so far; from now on nothing is kept. */
    take() {
      port.onMessage.removeListener(keep);
      return said;
    },
  };
}
