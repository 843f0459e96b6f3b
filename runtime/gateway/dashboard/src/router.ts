import { useEffect, useState } from "preact/hooks";

/** Where the address points to: #/actors/account%2Falice is ["actors", "account/alice"]. */
export function useRoute(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

export const href = (...parts: (string | number)[]): string => "#/" + parts.map((p) => encodeURIComponent(p)).join("/");

export function go(...parts: (string | number)[]): void {
  location.hash = href(...parts);
}
