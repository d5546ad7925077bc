// SPDX-License-Identifier: Apache-2.0
// node --test source_test.mjs: what the parts of the pages compute, and how their sources hang together.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

const kMostLines = 280;
const source = join(process.argv[1], "../../src"); // seen through the link, beside the packages

async function module(name) {
  const { outputFiles } = await build({
    entryPoints: [join(source, name)],
    bundle: true,
    write: false,
    format: "esm",
    preserveSymlinks: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".css": "empty" },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

const files = readdirSync(source, { recursive: true }).filter((file) => /\.(tsx?|css)$/.test(file));
const text = (file) => readFileSync(join(source, file), "utf8");
const code = files.filter((file) => !file.endsWith(".css"));
const styles = files.filter((file) => file.endsWith(".css"));

test("files are short and licensed", () => {
  for (const file of files) {
    assert.ok(text(file).split("\n").length <= kMostLines + 1, `${file} has more than ${kMostLines} lines`);
    assert.match(text(file).split("\n")[0], /SPDX-License-Identifier: Apache-2.0/, file);
  }
});

test("pages import no pages", () => {
  for (const file of code.filter((each) => each.startsWith("pages/"))) assert.doesNotMatch(text(file), /from "\.\/|from "\.\.\/pages"/, file);
});

test("a style sheet belongs to the component of its name", () => {
  for (const file of styles.filter((each) => !each.startsWith("style/"))) {
    const importers = code.filter((each) => dirname(each) === dirname(file) && text(each).includes(`import "./${basename(file)}"`));
    assert.deepEqual(importers, [file.replace(/css$/, "tsx")]);
  }
});

test("no rule without a use, no class without a rule", () => {
  const all = code.map(text).join("\n");
  const ruled = new Set(styles.flatMap((file) => [...text(file).replace(/\/\*.*?\*\//gs, "").matchAll(/\.([a-z][a-z-]*)/g)].map((found) => found[1])));
  for (const name of ruled) assert.match(all, new RegExp(`["\\s]${name}["\\s]`), `.${name}`);
  const kPlaces = new Set(["network-page", "layer-page", "visualizations-page", "tile-value"]); // for tests
  const used = [...all.matchAll(/class=(?:"([^"]+)"|\{([^}]+)\})/g)].flatMap(([, plain, computed]) =>
    plain !== undefined ? plain.split(" ") : [...computed.matchAll(/"([a-z][a-z -]*)"/g)].flatMap((found) => found[1].split(" ")),
  );
  const values = new Set(["field"]); // compared with, not a class
  for (const name of used) assert.ok(ruled.has(name) || kPlaces.has(name) || values.has(name), `class ${name}`);
});

const ramp = { cells: Float32Array.from([0, 1, 2, 3]), width: 4, height: 1 };
const near = (actual, expected) => actual.forEach((value, index) => assert.ok(Math.abs(value - expected[index]) < 1e-6, `${[...actual]} is not ${expected}`));

test("maps are enlarged in the ways in which masks are counted", async () => {
  const { enlarge, averaged, isOn, kDefaultRule } = await module("upsampling.ts");
  const row = (upsampling, columns, more) => enlarge(ramp, { ...kDefaultRule, upsampling, ...more }, columns, 1);
  near(row("half_pixel", 8), [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
  near(row("pillow", 8), [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
  near(row("align_corners", 7), [0, 0.5, 1, 1.5, 2, 2.5, 3]);
  near(row("nearest", 8), [0, 0, 1, 1, 2, 2, 3, 3]);
  near(row("quick", 4), [0, 5 / 6, 13 / 6, 3]); // (x + 1/2) 4/4 - 1/2, times 4/3, less 1/2
  near(row("field", 8, { across: { first: 1, distance: 2 }, grid: [8, 1] }), [0, 0, 0.5, 1, 1.5, 2, 2.5, 3]);
  const lone = enlarge({ cells: Float32Array.from([1]), width: 1, height: 1 }, { ...kDefaultRule, upsampling: "zero" }, 4, 4);
  near(lone.subarray(0, 4), [0.390625, 0.546875, 0.546875, 0.390625]); // 5/8 and 7/8 of the way from the ring, both ways
  near(averaged(ramp, 2, 1).cells, [(0 * 0.75 + 1 * 0.75 + 2 * 0.25) / 1.75, (3 * 0.75 + 2 * 0.75 + 1 * 0.25) / 1.75]);
  const plateau = enlarge({ cells: Float32Array.of(0.1, 0.1, 0.1, 0.1), width: 2, height: 2 }, kDefaultRule, 9, 9);
  assert.ok(plateau.every((value) => !isOn(value, Math.fround(0.1), kDefaultRule)), "a plateau at the threshold stays off");
  assert.ok(plateau.every((value) => isOn(value, Math.fround(0.1), { ...kDefaultRule, strict: false })), "unless it counts");
});

test("words mean concepts, layers and units", async () => {
  const { matchLabels, placeOf } = await module("matching.ts");
  const names = ["", "tree", "street night", "tree house", "lighthouse", "glass", "bus"];
  const found = (word, whole) => matchLabels(names, word, whole).map((label) => names[label]);
  assert.deepEqual(found("tree", false), ["tree", "tree house"]);
  assert.deepEqual(found("tree", true), ["tree"]);
  assert.deepEqual(found("Trees ", true), ["tree"]);
  assert.deepEqual(found("light house", true), ["lighthouse"]);
  assert.deepEqual(found("glass", true), ["glass"]);
  assert.deepEqual(found("buses", true), ["bus"]);
  assert.deepEqual(found("reet", false), ["street night"]);
  assert.deepEqual(found("zebra", false), []);
  assert.deepEqual(found("-", false), []);
  const isLayer = (name) => ["conv5", "conv 5:1"].includes(name);
  assert.deepEqual(placeOf("conv5:20", isLayer), { layer: "conv5", unit: 20 });
  assert.deepEqual(placeOf(" conv5 unit 20", isLayer), { layer: "conv5", unit: 20 });
  assert.deepEqual(placeOf("conv 5:1", isLayer), { layer: "conv 5:1", unit: null });
  assert.equal(placeOf("conv6:1", isLayer), null);
});

test("addresses and paths", async () => {
  const { href, match, split } = await module("route.ts");
  const path = "layer/:layer/unit/#unit";
  const address = href(path, { layer: "a/b?c #1", unit: 7 }, { sign: "-", view: null });
  const { place, query } = split(address);
  assert.deepEqual(match(path, place), { layer: "a/b?c #1", unit: 7 });
  assert.equal(query.toString(), "sign=-");
  assert.equal(match(path, "layer/a/unit/x"), null);
  assert.equal(match(path, "layer/a"), null);
  assert.deepEqual(match("", split("#/").place), {});
  assert.deepEqual(match("find/:text", "find/%E0%A4%A"), { text: "%E0%A4%A" }, "what is no text stays as it is");
});

test("every link leads to a page", () => {
  const paths = new Set([...text("pages.ts").matchAll(/page\("([^"]*)"/g)].map((found) => found[1]));
  assert.ok(paths.size >= 5);
  for (const file of code) {
    for (const [, path] of text(file).matchAll(/(?:href|match|Shown)[(<]"([^"]*)"/g)) assert.ok(paths.has(path), `${file}: ${path}`);
  }
});
