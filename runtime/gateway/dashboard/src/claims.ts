// What a module says of itself. The node judges whether it is true: here it is only read, so that people see what they start.

/** The claims of a module, as far as people look at them. */
export interface ModuleClaims {
  key: string;
  issuer: string;
  name: string;
  capabilities: string[];
  revision: number;
  version: string;
  alias: string;
  expires?: number;
}

/** Reads the claims out of WebAssembly, which may be packed by gzip. Throws an error that says what it is instead. */
export async function readClaims(code: Uint8Array<ArrayBuffer>): Promise<ModuleClaims> {
  const plain = code[0] === 0x1f && code[1] === 0x8b ? await unpack(code) : code;
  if (!(plain[0] === 0 && plain[1] === 0x61 && plain[2] === 0x73 && plain[3] === 0x6d)) throw new Error("It is no WebAssembly.");
  const token = findToken(plain);
  if (token === undefined) throw new Error("It carries no claims: sign it with troupe claims sign, or install it as a module.");
  const part = token.split(".")[1] ?? "";
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const said = JSON.parse(new TextDecoder().decode(bytes));
  const own = said.wascap ?? {};
  return {
    key: String(said.sub ?? ""),
    issuer: String(said.iss ?? ""),
    name: String(own.name ?? ""),
    capabilities: Array.isArray(own.caps) ? own.caps.map(String) : [],
    revision: Number(own.rev ?? 0),
    version: String(own.ver ?? ""),
    alias: String(own.call_alias ?? ""),
    expires: typeof said.exp === "number" ? said.exp : undefined,
  };
}

async function unpack(code: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([code]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The text of the custom section that holds the token. */
function findToken(wasm: Uint8Array): string | undefined {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at++];
    const [size, start] = varint(wasm, at);
    if (id === 0) {
      const [length, name] = varint(wasm, start);
      const text = (from: number, to: number) => new TextDecoder().decode(wasm.subarray(from, to));
      if (/^(wasmcloud_)?jwt$/.test(text(name, name + length))) return text(name + length, start + size);
    }
    at = start + size;
  }
  return undefined;
}

/** A number in LEB128, and where it ends. */
function varint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
  throw new Error("The WebAssembly is broken: it ends within a section.");
}

/** Bytes in base64, as requests hold them. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
