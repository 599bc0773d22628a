// Builds what the program carries: charts.js (for charts as files, ES5) and page.html (the page with its script and style, a
// place for the data).
// usage: node build.mjs OUT_FOLDER       (node_modules beside this file, or in BANTAM_WEB_MODULES)
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = resolve(process.env.BANTAM_WEB_MODULES ?? join(here, "node_modules"));
const require = createRequire(join(modules, "x.js"));
const esbuild = require("esbuild");
const typescript = require("typescript");
const out = resolve(process.argv[2] ?? "build");

// esbuild does not write ES5; TypeScript does, file by file.
const toES5 = {
  name: "es5",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, (args) => ({
      contents: typescript.transpileModule(readFileSync(args.path, "utf8"), {
        compilerOptions: { target: typescript.ScriptTarget.ES5, module: typescript.ModuleKind.ESNext },
      }).outputText,
      loader: "js",
    }));
  },
};

const shared = { bundle: true, minify: true, format: "iife", write: false, legalComments: "none", nodePaths: [modules], charset: "utf8", define: { "process.env.NODE_ENV": '"production"' } };

const bundle = async (entry, options) => (await esbuild.build({ ...shared, entryPoints: [join(here, entry)], ...options })).outputFiles[0].text;

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

function keep(name, text) {
  const path = join(out, name);
  let before = "";
  try {
    before = readFileSync(path, "utf8");
  } catch {
    // It is not there yet.
  }
  if (before === text) return;
  writeFileSync(path + ".tmp", text);
  renameSync(path + ".tmp", path);
}

mkdirSync(out, { recursive: true });
// What esbuild makes of ES5 when it shortens syntax is more than Duktape reads.
const forDuktape = { target: "es5", plugins: [toES5], minify: false, minifyWhitespace: true, minifyIdentifiers: true };
const charts = await bundle("charts/files.ts", forDuktape);
keep("charts.js", charts);
// "</script" would end the element; within a script it stands in texts only.
const script = (await bundle("page/main.ts", { target: "es2020" })).replaceAll("</script", "<\\/script");
const style = (await esbuild.transform(readFileSync(join(here, "page/page.css"), "utf8"), { loader: "css", minify: true })).code;
const parts = { "@@SCRIPT_HASH@@": hash(script), "@@STYLE_HASH@@": hash(style), "@@STYLE@@": style, "@@SCRIPT@@": script };
let page = readFileSync(join(here, "page/page.html"), "utf8");
for (const [name, text] of Object.entries(parts)) page = page.split(name).join(text);
keep("page.html", page);
