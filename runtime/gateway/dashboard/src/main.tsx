import { render } from "preact";
import { App } from "./app.tsx";
import { adopt } from "./session.ts";

adopt();
render(<App />, document.getElementById("app")!);
