// @ts-check

// The service worker's script: every listener is there before Chrome delivers the event that woke the worker,
// and passes on what happened once the client is loaded.

import { held } from "./held.js";
import init, { start_worker } from "./wasm/worker/tabspace.js";

const started = init().then(() => start_worker());

/**
 * @param {(worker: import("./wasm/worker/tabspace.js").Worker) => void} act
 */
function tell(act) {
  started.then(act).catch((error) => console.error("TabSpace's worker did not start", error));
}

/** @param {number} window */
const changed = (window) => tell((worker) => worker.window_changed(window));

chrome.tabs.onCreated.addListener((tab) => changed(tab.windowId));
chrome.tabs.onUpdated.addListener((id, _change, tab) =>
  tell((worker) => worker.tab_updated(id, tab.windowId, tab.url ?? "", tab.pendingUrl)),
);
chrome.tabs.onMoved.addListener((_id, moved) => changed(moved.windowId));
chrome.tabs.onAttached.addListener((_id, attached) => changed(attached.newWindowId));
chrome.tabs.onDetached.addListener((_id, detached) => changed(detached.oldWindowId));
chrome.tabs.onActivated.addListener((activated) => changed(activated.windowId));
chrome.tabs.onReplaced.addListener((added, removed) => tell((worker) => worker.tab_replaced(added, removed)));
chrome.tabs.onRemoved.addListener((_id, { windowId, isWindowClosing }) =>
  tell((worker) => (isWindowClosing ? worker.window_closing(windowId) : worker.window_changed(windowId))),
);
chrome.tabGroups.onCreated.addListener((group) => changed(group.windowId));
chrome.tabGroups.onUpdated.addListener((group) => changed(group.windowId));
chrome.tabGroups.onMoved.addListener((group) => changed(group.windowId));
chrome.tabGroups.onRemoved.addListener((group) => changed(group.windowId));
chrome.windows.onRemoved.addListener((window) => tell((worker) => worker.window_closing(window)));

chrome.runtime.onStartup.addListener(() => tell((worker) => worker.browser_started()));
chrome.runtime.onInstalled.addListener(({ reason }) => tell((worker) => worker.installed(reason === "install")));
chrome.permissions.onAdded.addListener(() => tell((worker) => worker.permission_added()));
chrome.alarms.onAlarm.addListener(() => tell((worker) => worker.alarm_rang()));

chrome.contextMenus.onClicked.addListener((info, tab) =>
  tell((worker) =>
    worker.menu_chosen(String(info.menuItemId), info.linkUrl ?? "", tab?.id ?? -1, tab?.windowId ?? -1),
  ),
);
chrome.omnibox.onInputStarted.addListener(() => tell((worker) => worker.suggestions_wanted()));
chrome.omnibox.onInputChanged.addListener((typed, suggest) => {
  started.then((worker) => worker.suggest(typed)).then(suggest, () => suggest([]));
});
chrome.omnibox.onInputEntered.addListener((typed, disposition) =>
  tell((worker) => worker.suggestion_chosen(typed, disposition)),
);

chrome.runtime.onConnect.addListener((port) => {
  const page = held(port);
  tell((worker) => worker.connected(page));
});

chrome.runtime.onMessage.addListener((message, _sender, respond) => {
  if (message?.to !== "writer" && message?.to !== "worker") {
    return false;
  }
  started.then((worker) => worker.message(message)).then(respond, () => respond());
  return true;
});
