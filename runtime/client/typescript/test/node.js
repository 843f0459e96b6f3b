// A node to test against: the command troupe, built from this repository, serving its example. And a proxy that breaks.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Serves examples/mmo on a new directory: { url, token, stop }. The variable TROUPE names a binary that is built already. */
export async function serve() {
  const dir = mkdtempSync(join(tmpdir(), "troupe-client-"));
  let binary = process.env.TROUPE;
  if (!binary) {
    binary = join(dir, "troupe");
    execFileSync("go", ["build", "-o", binary, "./cmd/troupe"], { cwd: root, stdio: "inherit" });
  }
  const node = spawn(binary, ["serve", "--app", "examples/mmo", "--dir", join(dir, "data"), "--http-listen", "127.0.0.1:0", "--nats-listen", "off"], {
    cwd: root,
    env: { ...process.env, TROUPE_KEYS: join(dir, "keys") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  node.stderr.on("data", (text) => said.push(text));
  const ended = new Promise((resolve) => node.once("exit", resolve));
  const stop = async () => {
    node.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: node.stdout })) {
    const found = /^(http.*)\/#token=(.*)$/.exec(line);
    if (found) return { url: found[1], token: found[2], stop };
  }
  await stop();
  throw new Error(`troupe serve printed no address: ${said.join("")}`);
}

/**
 * Passes requests on to a node, and answers back. `breaks(request, n)` says of the n-th request, from 0 on, how its
 * connection is cut: "answer" when the node has answered, before anything of that is passed on; a number behind so many
 * events of a stream, however many come at once; "refused" before the node hears of it. Other requests pass.
 */
export async function breaking(url, breaks) {
  const to = new URL(url);
  const seen = [];
  const open = new Set();
  const server = http.createServer((request, answer) => {
    const how = breaks(request, seen.length);
    seen.push({ url: request.url, headers: request.headers });
    if (how === "refused") return request.socket.destroy();
    const headers = { ...request.headers, host: to.host };
    const onward = http.request({ host: to.hostname, port: to.port, method: request.method, path: request.url, headers }, (back) => {
      if (how === "answer") {
        back.resume().on("end", () => request.socket.destroy());
        return;
      }
      answer.writeHead(back.statusCode, back.headers);
      let events = 0;
      let rest = "";
      back.on("data", (chunk) => {
        if (typeof how !== "number") return answer.write(chunk);
        rest += chunk;
        for (let end = rest.indexOf("\n\n"); end >= 0 && events < how; end = rest.indexOf("\n\n")) {
          const event = rest.slice(0, end + 2);
          rest = rest.slice(end + 2);
          answer.write(event);
          if (/^event: ?notice$/m.test(event) && ++events === how) setTimeout(() => request.socket.destroy(), 20);
        }
      });
      back.on("end", () => answer.end());
      back.on("error", () => answer.destroy());
    });
    open.add(onward);
    onward.on("close", () => open.delete(onward)).on("error", () => request.socket.destroy());
    answer.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    open.forEach((r) => r.destroy());
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, seen, open, stop };
}
