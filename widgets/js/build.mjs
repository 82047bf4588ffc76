// Builds the front end of skyhub into widgets/skyhub_widgets/static:
//
//   page/<hash>/voila.js, voila.css   the one bundle of the dashboards, with .br and .gz beside each file, as beside
//   page/<hash>/<name>.js, <name>.css the widgets as scripts, skyhubWidgets.<name>, which our pages load by their address
//   page/manifest.json                {"hash", "files": {name: bytes}}; the hash is that of the contents
//   widgets/<name>.js, <name>.css     one self-contained ES module for each src/widgets/*.js
//
// `npm ci --ignore-scripts && node build.mjs` is all there is; unchanged inputs are skipped (--force builds anyway).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const out = join(here, "..", "skyhub_widgets", "static");
const stampFile = join(out, "stamp.json");

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}

function inputStamp() {
  const inputs = [...filesBelow(source), join(here, "package-lock.json"), join(here, "build.mjs")];
  return digest(inputs.flatMap((file) => [file.slice(here.length), readFileSync(file)]));
}

function upToDate(stamp) {
  if (process.argv.includes("--force") || !existsSync(stampFile)) return false;
  const previous = JSON.parse(readFileSync(stampFile, "utf8"));
  return previous.stamp === stamp && previous.outputs.every((name) => existsSync(join(out, name)));
}

const common = {
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: ["es2022"],
  define: { "process.env.NODE_ENV": '"production"' },
};

function compressed(name, contents) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
  return [
    [name, contents],
    [`${name}.br`, brotliCompressSync(contents, { params })],
    [`${name}.gz`, gzipSync(contents, { level: 9 })],
  ];
}

// The kernel client of @jupyterlab/services imports the whole package for two names; the page bundles these two only.
const kernelOnly = {
  name: "kernel-only",
  setup(build) {
    build.onResolve({ filter: /^\.\.$/ }, (args) =>
      /@jupyterlab[\\/]services[\\/]lib[\\/]/.test(args.importer) ? { path: join(source, "page", "services.cjs") } : undefined,
    );
  },
};

async function buildPage(esbuild) {
  const result = await esbuild.build({
    ...common,
    entryPoints: [join(source, "page", "voila.js")],
    outdir: out,
    format: "iife",
    loader: { ".svg": "dataurl" },
    plugins: [kernelOnly],
  });
  // Scripts and not modules: without a token the hub takes cookies for what a page's own tags ask for alone.
  const widgets = await buildWidgets(esbuild, (name) => ({ format: "iife", globalName: `skyhubWidgets.${basename(name, ".js")}` }));
  const files = [...result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]), ...widgets];
  const hash = digest(files.flat());
  const names = files.flatMap(([name, contents]) => compressed(name, contents));
  const sizes = Object.fromEntries(files.map(([name, contents]) => [name, contents.length]));
  const manifest = Buffer.from(`${JSON.stringify({ hash, files: sizes })}\n`);
  return [...names.map(([name, contents]) => [join("page", hash, name), contents]), [join("page", "manifest.json"), manifest]];
}

async function buildWidgets(esbuild, form) {
  const folder = join(source, "widgets");
  const entries = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(js|css)$/.test(name)) : [];
  if (entries.length === 0) return [];
  const results = await Promise.all(
    entries.map((name) => esbuild.build({ ...common, entryPoints: [join(folder, name)], outdir: out, ...form(name) })),
  );
  const files = results.flatMap((result) => result.outputFiles);
  return files.map((file) => [basename(file.path), Buffer.from(file.contents)]);
}

function write(files) {
  rmSync(join(out, "page"), { recursive: true, force: true });
  rmSync(join(out, "widgets"), { recursive: true, force: true });
  for (const [name, contents] of files) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), contents);
  }
}

async function main() {
  const stamp = inputStamp();
  if (upToDate(stamp)) {
    console.log("front end: up to date");
    return;
  }
  const esbuild = await import("esbuild");
  const widgets = await buildWidgets(esbuild, () => ({ format: "esm" }));
  const files = [...(await buildPage(esbuild)), ...widgets.map(([name, contents]) => [join("widgets", name), contents])];
  write(files);
  writeFileSync(stampFile, JSON.stringify({ stamp, outputs: files.map(([name]) => name) }));
  for (const [name, contents] of files) {
    if (!/\.json$/.test(name)) console.log(`${String(contents.length).padStart(9)}  ${name}`);
  }
}

await main();
