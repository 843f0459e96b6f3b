import { TroupeError } from "./node.ts";

/** Names and values, as providers and links have them. */
export function Pairs({ of }: { of: Readonly<Record<string, string>> | undefined }) {
  return (
    <>
      {Object.entries(of ?? {}).map(([name, value]) => (
        <p class="pair">
          <code>
            {name}={value}
          </code>
        </p>
      ))}
    </>
  );
}

/** Reads a line of name=value each. Throws an error about the first line that is none. */
export function valuesOf(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split("\n").map((l) => l.trim()).filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 1) throw new TroupeError("bad_request", `“${line}” is not name=value`);
    values[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return values;
}

/** Lines that a provider of a kind, or a link to it, may have. */
export const linesOf = (kind: string): string => (kind === "httpserver" ? "address=127.0.0.1:8080" : kind === "messaging" ? "subscription=a.subject" : "");
