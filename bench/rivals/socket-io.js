// @ts-check
// One room on Socket.IO: what one client says, all the others get.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http, { transports: ["websocket"], serveClient: false });

server.on("connection", (socket) => {
  if (socket.handshake.query.publisher) {
    /** @param {unknown} event */
    const say = (event) => server.to("room").emit("event", event);
    socket.on("event", say);
  } else {
    socket.join("room");
  }
  socket.emit("in");
});
http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const address = /** @type {import("net").AddressInfo} */ (http.address());
  process.stdout.write(`listening on 127.0.0.1:${address.port}\n`);
});
