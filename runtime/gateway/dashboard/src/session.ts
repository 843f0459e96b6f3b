// Who looks: the token that came with the address, kept for this tab.
const key = "troupe-token";

/** Takes the token out of the address, so that it stays in no history and no screenshot. Reports whether there was one. */
export function adopt(): boolean {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (!found) return false;
  sessionStorage.setItem(key, decodeURIComponent(found[1]!));
  history.replaceState(null, "", location.pathname + "#/");
  return true;
}

export const token = (): string | undefined => sessionStorage.getItem(key) ?? undefined;

export function signIn(text: string): void {
  // People paste what serve printed: the whole address, or the token alone.
  const found = /#token=([^&\s]+)/.exec(text);
  sessionStorage.setItem(key, found ? decodeURIComponent(found[1]!) : text.trim());
}

export function signOut(): void {
  sessionStorage.removeItem(key);
}

/** Whether the token is good for an operation: it may name those that it is for. Who holds it may be allowed less. */
export function covers(op: string): boolean {
  try {
    const claims = JSON.parse(atob(token()!.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
    const ops: string[] | undefined = claims.troupe?.ops;
    return !ops?.length || ops.some((o) => (o.endsWith("*") ? op.startsWith(o.slice(0, -1)) : o === op));
  } catch {
    return true; // the node judges it
  }
}
