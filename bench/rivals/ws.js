// @ts-check
// One room on Node's `ws`: what one client says, all the others get.

import { WebSocketServer } from "ws";

/** @type {Set<import("ws").WebSocket>} */
const room = new Set();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  if (request.url === "/publish") {
    socket.on("message", (data) => {
      const text = data.toString();
      for (const receiver of room) receiver.send(text);
    });
  } else {
    room.add(socket);
    socket.on("close", () => room.delete(socket));
  }
  socket.send("in");
});
server.on("listening", () => {
  const address = /** @type {import("net").AddressInfo} */ (server.address());
  process.stdout.write(`listening on 127.0.0.1:${address.port}\n`);
});
