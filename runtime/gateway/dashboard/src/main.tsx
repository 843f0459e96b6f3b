import { render } from "preact";
import { App } from "./app.tsx";
import { adopt } from "./session.ts";

adopt();
// Whoever pastes another address with a token into this tab signs in anew.
addEventListener("hashchange", () => adopt() && location.reload());
render(<App />, document.getElementById("app")!);
