import { useEffect, useRef } from "preact/hooks";
import { Access } from "./access.tsx";
import { ActorPage } from "./actor.tsx";
import { ActorList } from "./actors.tsx";
import { keyName } from "./format.ts";
import { LinkList } from "./links.tsx";
import { ModuleList, ModulePage } from "./modules.tsx";
import { useCall, type Info } from "./node.ts";
import { Overview } from "./overview.tsx";
import { Failure, Loading } from "./parts.tsx";
import { ProviderList } from "./providers.tsx";
import { href, useRoute } from "./router.ts";
import { covers, signIn, signOut, token } from "./session.ts";
import { TransactionList, TransactionPage } from "./transactions.tsx";

const places = [
  ["", "Overview"],
  ["transactions", "Transactions"],
  ["actors", "Actors"],
  ["modules", "Modules"],
  ["providers", "Providers"],
  ["links", "Links"],
  ["access", "Access"],
] as const;

export function App() {
  const route = useRoute();
  const info = useCall("info", {}, 5_000);
  const main = useRef<HTMLElement>(null);
  const [place = "", item, about = ""] = route;
  const title = places.find(([path]) => path === place)?.[1] ?? "Not here";
  useEffect(() => {
    document.title = `${route[1] ? route.at(-1) : title} · Troupe`;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [route.join("/")]);

  if (info.error?.code === "unauthenticated" || info.error?.code === "stale") return <SignIn why={info.error.message} />;
  const node = info.value;
  if (node && !node.key) return <SignIn why="This node wants to know who looks: sign in with a token." />;
  const operates = mayWrite(node) && covers("link") && (node?.roles?.includes("operator") ?? false);
  const operator = node?.roles?.includes("operator") ?? false;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <header>
        <a class="brand" href="#/">
          <img src="icon.svg" alt="" width="24" height="24" />
          <span>{node?.name ?? "Troupe"}</span>
        </a>
        <nav aria-label="Pages">
          {places.map(([path, name]) => (
            <a href={href(...(path ? [path] : []))} aria-current={path === place ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class="who">
          {node && <State ready={node.ready} state={node.state} reason={node.reason} />}
          {node?.key && (
            <>
              <span title={node.key}>{node.key_name || keyName(node.key)}</span>
              <button class="quiet" onClick={() => (signOut(), location.reload())}>
                Sign out
              </button>
            </>
          )}
        </span>
      </header>
      <main id="main" ref={main} tabIndex={-1} aria-label={title}>
        {info.error && <Failure of={info.error} />}
        {!node && !info.error && <Loading />}
        {node && ( // before it is known who looks nothing else is asked
          <>
            {place === "" && <Overview info={node} />}
            {place === "transactions" &&
              (item && item !== "about" ? <TransactionPage sequence={Number(item)} /> : <TransactionList key={about} about={about} />)}
            {place === "actors" && (item ? <ActorPage address={item} mayWrite={mayWrite(node)} operator={operator} operates={operates} /> : <ActorList operates={operates} />)}
            {place === "modules" && (item ? <ModulePage name={item} /> : <ModuleList />)}
            {place === "providers" && <ProviderList operates={operates} />}
            {place === "links" && <LinkList operates={operates} />}
            {place === "access" && <Access you={node?.key ?? ""} operator={operator} />}
            {title === "Not here" && (
              <>
                <h1>Not here</h1>
                <p>There is no such page. The pages are listed above.</p>
              </>
            )}
          </>
        )}
      </main>
    </>
  );
}

/** Whoever can only read gets no forms to send with; nor does anybody while the node takes no writes. */
const mayWrite = (node?: Info) =>
  node !== undefined && node.state !== "read_only" && covers("send") && (node.roles?.some((r) => r !== "reader") ?? false);

function State({ ready, state, reason }: { ready: boolean; state: string; reason?: string }) {
  return (
    <span class={ready ? "state good" : "state bad"} title={reason} role="status">
      {ready ? "●" : "▲"} {state}
      {reason && <span class="reason">: {reason}</span>}
    </span>
  );
}

function SignIn({ why }: { why: string }) {
  return (
    <main class="sign-in" aria-label="Sign in">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          signIn(new FormData(e.currentTarget).get("token") as string);
          location.hash = "#/";
          location.reload();
        }}
      >
        <h1>
          <img src="icon.svg" alt="" width="28" height="28" /> Troupe
        </h1>
        <p class={token() ? "failure" : "hint"} role="alert">
          {why}
        </p>
        <label>
          Token
          <textarea name="token" required rows={4} spellcheck={false} autocomplete="off" placeholder="eyJ…" />
        </label>
        <p class="hint">
          <code>troupe token</code> makes one. So does <code>troupe serve</code> when it starts: the address that it prints signs
          you in.
        </p>
        <button>Sign in</button>
      </form>
    </main>
  );
}
