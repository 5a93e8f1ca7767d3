/* Bundle the editors and the desk into project/assets/build/. Called by project/build_assets.py.
   Entry points keep their names; shared chunks carry a hash, so a browser never mixes two builds. */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here("build/chunks"), { recursive: true, force: true });
await rm(here("build/icons"), { recursive: true, force: true });
await build({
  entryPoints: { admin: here("admin/admin.ts"), desk: here("desk/desk.ts") },
  outdir: here("build"),
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  target: ["es2022"],
  jsx: "automatic",
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "icons/[name]-[hash]",
  // A file of our own, not a data address: the pages' content security policy allows no other images.
  loader: { ".svg": "file" },
  legalComments: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
