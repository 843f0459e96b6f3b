/** quote returns a text as JSON has it, in quotes. */
export function quote(s: string): string {
  let out = '"';
  let from = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c >= 0x20 && c != 0x22 && c != 0x5c) continue;
    const short = "\"\\\b\f\n\r\t".indexOf(s.charAt(i));
    out += s.substring(from, i) + "\\" + (short >= 0 ? "\"\\bfnrt".charAt(short) : "u" + c.toString(16).padStart(4, "0"));
    from = i + 1;
  }
  return out + s.substring(from) + '"';
}

/** parameter returns the value of a name in the query of a URL, as it stands there, null if it is not there. */
export function parameter(query: string, name: string): string | null {
  const pairs = query.split("&");
  for (let i = 0; i < pairs.length; i++) {
    const end = pairs[i].indexOf("=");
    if ((end < 0 ? pairs[i] : pairs[i].substring(0, end)) == name) return end < 0 ? "" : pairs[i].substring(end + 1);
  }
  return null;
}
