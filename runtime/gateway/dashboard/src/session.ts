// Who looks: the token that came with the address, kept for this tab.
const key = "troupe-token";

/** Takes the token out of the address, so that it stays in no history and no screenshot. */
export function adopt(): void {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(key, decodeURIComponent(found[1]!));
  history.replaceState(null, "", location.pathname + "#/");
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
