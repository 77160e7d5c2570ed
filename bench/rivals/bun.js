// @ts-check
// One room on Bun's own publish: what one client says, all the others get.

/** @typedef {{ publisher: boolean }} Seat */

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const publisher = new URL(request.url).pathname === "/publish";
    return server.upgrade(request, { data: { publisher } }) ? undefined : new Response("a room", { status: 400 });
  },
  websocket: {
    perMessageDeflate: false,
    /** @param {import("bun").ServerWebSocket<Seat>} socket */
    open(socket) {
      if (!socket.data.publisher) socket.subscribe("room");
      socket.send("in");
    },
    /** @param {import("bun").ServerWebSocket<Seat>} _socket @param {string} text */
    message(_socket, text) {
      server.publish("room", text);
    },
  },
});
process.stdout.write(`listening on 127.0.0.1:${server.port}\n`);
