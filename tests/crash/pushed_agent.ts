/** A peer that is pushed to. */

/** An agent that is pushed to: it takes everything. */
export function pushedAgent(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    await request.body?.cancel();
    return Response.json({ status: "ok" });
  });
}
