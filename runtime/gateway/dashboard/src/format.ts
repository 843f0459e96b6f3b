import type { Bytes } from "./node.ts";

/** Bytes in one line, as people read them. */
export function short(bytes: Bytes | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  if (bytes.json !== undefined) return JSON.stringify(bytes.json);
  if (bytes.text !== undefined) return bytes.text;
  return bytes.base64 === "" ? "(empty)" : hex(bytes.base64 ?? "");
}

/** Bytes in as many lines as they need. */
export function long(bytes: Bytes | null | undefined): string {
  return bytes?.json !== undefined ? JSON.stringify(bytes.json, null, 2) : short(bytes);
}

/** A key, of which only what is no text is shown otherwise. */
export function keyText(bytes: Bytes | null | undefined): string {
  if (!bytes) return "–";
  const exact = decode(bytes.base64 ?? "");
  const text = new TextDecoder().decode(exact);
  return /[\u0000-\u001f\u007f\ufffd]/.test(text) ? hex(bytes.base64 ?? "") : text || "(empty)";
}

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function hex(base64: string): string {
  return "0x" + Array.from(decode(base64), (b) => b.toString(16).padStart(2, "0")).join("");
}

const numbers = new Intl.NumberFormat("en");
export const number = (n: number): string => numbers.format(n);

/** A number in three digits and a unit of thousands. */
export function rough(n: number): string {
  for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]] as const) {
    if (n >= size) return (n / size).toFixed(n >= 100 * size ? 0 : n >= 10 * size ? 1 : 2) + " " + unit;
  }
  return n >= 100 || Number.isInteger(n) ? n.toFixed(0) : n.toFixed(1);
}

export function bytesText(n: number): string {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]] as const) {
    if (n >= size) return (n / size).toFixed(n >= 10 * size ? 0 : 1) + " " + unit;
  }
  return `${n} B`;
}

/** Microseconds as a time of two or three digits. */
export function duration(us: number): string {
  if (us >= 1e6) return (us / 1e6).toFixed(1) + " s";
  if (us >= 1e3) return (us / 1e3).toFixed(us >= 1e5 ? 0 : 1) + " ms";
  return us.toFixed(0) + " µs";
}

export function clock(time: string): string {
  const at = new Date(time);
  const today = new Date().toDateString() === at.toDateString();
  return today ? at.toLocaleTimeString("en-GB") : day(at) + " " + at.toLocaleTimeString("en-GB");
}

/** A time to the millisecond, in the zone of the browser. */
export function exactTime(time: string): string {
  const at = new Date(time);
  return `${day(at)} ${at.toLocaleTimeString("en-GB")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

const day = (at: Date) => at.toLocaleDateString("en-CA");

/** How long ago a time was; from a day on, the time itself. The clocks of node and browser may differ a little. */
export function ago(time: string): string {
  const seconds = Math.floor((Date.now() - Date.parse(time)) / 1e3);
  if (seconds < 1) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h ago` : clock(time);
}

/** When something will be, from now. */
export function soon(time: string): string {
  const seconds = Math.ceil((Date.parse(time) - Date.now()) / 1e3);
  if (seconds < 1) return "now";
  return seconds < 60 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} min`;
}

/** A public key, long enough to tell it from others. */
export const keyName = (key: string): string => (/^[A-Z2-7]{56}$/.test(key) ? key.slice(0, 8) + "…" : key);
