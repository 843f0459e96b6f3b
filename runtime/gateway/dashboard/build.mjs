// Builds dist/, which is committed so that Go alone builds the binary: npm ci && npm run build. The name of another folder
// can be given, to compare.
import { build } from "esbuild";
import { copyFile, rm } from "node:fs/promises";

const out = process.argv[2] ?? "dist";
await rm(out, { recursive: true, force: true });
await build({
  entryPoints: { app: "src/main.tsx", style: "src/style.css" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
await copyFile("src/index.html", `${out}/index.html`);
await copyFile("src/icon.svg", `${out}/icon.svg`);
// What is bundled asks that its licence goes with it.
await copyFile("node_modules/preact/LICENSE", `${out}/preact-license.txt`);
