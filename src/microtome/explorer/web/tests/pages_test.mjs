// SPDX-License-Identifier: Apache-2.0
// node pages_test.mjs SERVER FOLDER [SCREENSHOTS]: looks at the site from disk and over http in headless Chromium, at a
// desk's width and a phone's. Ends with 77 (skipped) where there is no Chromium.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { PNG } from "pngjs";

const [server, folder, screenshots] = process.argv.slice(2);
const kSizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const kLayer = "logits"; // of a thousand units
const kMostTiles = 200;
const kFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = [process.env.MICROTOME_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) {
  console.log("skipped: no Chromium; install chromium, or name one in MICROTOME_CHROMIUM");
  process.exit(77);
}

let failures = 0;
function check(truth, text) {
  if (truth) return;
  failures += 1;
  console.log(`FAILED: ${text}`);
}

function startServer() {
  rmSync(folder, { recursive: true, force: true });
  const child = spawn(server, [folder], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((done, failed) => {
    child.stdout.once("data", (data) => done({ child, port: Number(data) }));
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
}

// Boxes of one kind must not cover each other; none may reach beyond the window.
async function checkLayout(page, where) {
  const result = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth;
    const groups = ["main h1, main h2, main h3, .lead, .facts, .counts, .stack, .strip, .tools, .slide, .pictures, .concepts, .chart, .exemplars, .masthead",
      ".tile", ".strip li", ".exemplar", ".tools > *", ".fact", ".masthead > *", ".picture"];
    const overlaps = [];
    const beyond = [];
    for (const group of groups) {
      const elements = [...document.querySelectorAll(group)].filter((element) => element.checkVisibility());
      const boxes = elements.map((element) => element.getBoundingClientRect());
      boxes.forEach((a, i) => {
        if (a.width === 0 || a.height === 0) return;
        if (a.left < -1 || a.right > innerWidth + 1) beyond.push(`${elements[i].tagName}.${elements[i].className}`);
        for (let j = i + 1; j < boxes.length; ++j) {
          const b = boxes[j];
          if (elements[i].contains(elements[j]) || elements[j].contains(elements[i])) continue;
          if (elements[i].closest(".masthead") !== elements[j].closest(".masthead")) continue; // it stays above what scrolls
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (across > 1 && down > 1) overlaps.push(`${elements[i].tagName}.${elements[i].className} / ${elements[j].tagName}.${elements[j].className}`);
        }
      });
    }
    return { wide, inner: innerWidth, overlaps, beyond };
  });
  check(result.wide <= result.inner, `${where}: scrolls sideways (${result.wide} > ${result.inner})`);
  check(result.overlaps.length === 0, `${where}: overlaps ${result.overlaps.slice(0, 3).join("; ")}`);
  check(result.beyond.length === 0, `${where}: reaches beyond the window: ${result.beyond.slice(0, 3).join("; ")}`);
}

// How many different colours an element shows. Read from a screenshot: a page from disk may not read its own canvas.
async function coloursOf(element) {
  const { data } = PNG.sync.read(await element.screenshot());
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size;
}

async function shoot(page, name, fullPage = true) {
  if (!screenshots) return;
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: resolve(screenshots, `${name}.png`), fullPage });
}

async function networkView(page, base, where, shot) {
  await page.goto(base);
  await page.waitForSelector(".layer-plate .strip img");
  check((await page.title()) === "sample · microtome", `${where}: title`);
  check((await page.locator(".specimen a").count()) === 3, `${where}: three stained slabs`);
  check((await page.locator(".stack-bar span").count()) > 3, `${where}: stacked bars`);
  await page.locator(".counts .hint-term").first().click();
  check(await page.locator(".hint-bubble:visible").isVisible(), `${where}: a hint opens`);
  await checkLayout(page, `${where} network, hint open`);
  await page.keyboard.press("Escape");
  check((await page.locator(".hint-bubble:visible").count()) === 0, `${where}: Escape closes the hint`);
  await page.locator(".all-layers summary").click();
  await checkLayout(page, `${where} network`);
  await page.locator(".all-layers summary").click();
  check(!(await page.textContent(".provenance")).includes("/home/"), `${where}: no folders of the machine that made it`);
  await shoot(page, `${shot}-network`);
  await page.goto(`${base}#/no/such/page`);
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "There is no such page");
  await page.goto(base);
  await page.waitForSelector(".layer-plate");
}

const values = (page) => page.$$eval(".tile-value", (all) => all.map((each) => Number(each.textContent)));

async function layerView(page, where, shot) {
  await page.locator(`.layer-plate h2 a:text-is("${kLayer}")`).click();
  await page.waitForSelector(".tile");
  check((await page.locator(".tile").count()) < kMostTiles, `${where}: only visible tiles`);
  const best = await values(page);
  check(best.every((value, i) => i === 0 || value <= best[i - 1]), `${where}: sorted by IoU`);
  await checkLayout(page, `${where} layer`);
  await shoot(page, `${shot}-layer`, false);

  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2));
  await page.waitForTimeout(120);
  check((await page.locator(".tile").count()) < kMostTiles, `${where}: only visible tiles after scrolling`);
  const inside = await page.$$eval(".tile", (all) => all.filter((each) => each.getBoundingClientRect().bottom > 0 && each.getBoundingClientRect().top < innerHeight).length);
  check(inside >= 4, `${where}: the window is full of tiles in the middle (${inside})`);
  await checkLayout(page, `${where} layer, middle`);
  await page.evaluate(() => window.scrollTo(0, 0));

  await page.selectOption("select[name=sort]", "unit");
  // The grid draws itself anew a frame after the choice and the scroll, later on a busy machine.
  await page.waitForFunction(() => document.querySelector(".tile")?.getAttribute("href").endsWith("/unit/0")).catch(() => {});
  const first = await page.getAttribute(".tile >> nth=0", "href");
  check(first?.endsWith("/unit/0"), `${where}: sorted by unit (${first})`);
  await page.locator(".tile >> nth=0").focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement?.getAttribute("href")?.endsWith("/unit/999"), null, { timeout: 20000 }).catch(() => check(false, `${where}: End goes to the last unit`));
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.selectOption("select[name=sort]", "iou");

  const all = await page.textContent(".tools output");
  await page.locator(".chips button").nth(1).click();
  await page.waitForFunction((old) => document.querySelector(".tools output")?.textContent !== old, all);
  check((await page.locator(".chips [aria-pressed=true]").count()) === 1, `${where}: a category is chosen`);
  await page.locator(".chips button").nth(1).click();
  const name = await page.textContent(".tile-name >> nth=0");
  await page.fill("input[name=filter]", name);
  await page.waitForFunction((text) => [...document.querySelectorAll(".tile-name")].every((each) => each.textContent === text), name);
  await page.fill("input[name=filter]", `${name}s`);
  await page.waitForFunction((text) => document.querySelector(".tile-name")?.textContent === text, name);
  await page.fill("input[name=filter]", "oor"); // of door and floor: no word begins with it, so that what contains it is found
  await page.waitForFunction(() => [...document.querySelectorAll(".tile-name")].every((each) => each.textContent.includes("oor")));
  await page.fill("input[name=filter]", "no such concept");
  await page.waitForSelector(".notice");
  await page.fill("input[name=filter]", "");
  await page.waitForSelector(".tile");
  await returnView(page, where);
}

// Back from a unit far down, the layer is where it was left.
async function returnView(page, where) {
  await page.evaluate(() => window.scrollTo(0, 3000));
  await page.waitForTimeout(200);
  await page.evaluate(() => [...document.querySelectorAll(".tile")].find((each) => each.getBoundingClientRect().top > 0).click());
  await page.waitForSelector(".unit-page .picture");
  check((await page.evaluate(() => window.scrollY)) === 0, `${where}: a unit begins at its top`);
  await page.goBack();
  await page.waitForFunction(() => Math.abs(window.scrollY - 3000) < 2, null, { timeout: 10000 }).catch(() => check(false, `${where}: back to where it was left`));
}

async function unitView(page, base, where, shot) {
  await page.goto(`${base}#/layer/${encodeURIComponent("block/conv2")}/unit/5`);
  await page.locator(".exemplar").first().scrollIntoViewIfNeeded(); // masks are drawn when they come near
  await page.waitForSelector(".exemplar canvas[data-drawn=mask]");
  check((await page.textContent("h1")) === "unit 5", `${where}: the unit's page`);
  check((await page.locator("h1 ~ h3, .pictures h3").count()) === 0, `${where}: no heading is left out`);
  check((await page.locator(".picture img").count()) === 2, `${where}: both pictures`);
  check((await page.locator(".chart canvas").count()) >= 3, `${where}: charts`);
  check((await page.locator(".concepts tbody tr").count()) >= 5, `${where}: concepts`);
  const canvas = page.locator(".exemplar canvas").first();
  await canvas.scrollIntoViewIfNeeded();
  const mask = await coloursOf(canvas);
  check(mask > 8, `${where}: the mask is drawn (${mask} colours)`);
  for (const view of ["outline", "heat", "field", "plain"]) {
    await page.locator(`.choice button:text-is("${view}")`).click();
    await page.waitForSelector(`.exemplar canvas[data-drawn=${view}]`);
    if (view === "field") {
      // What is seen is a fraction of the image that depends on the place, so the canvas has the shape of the cut.
      const shapes = await page.$$eval(".exemplar canvas[data-drawn=field]", (all) => all.map((each) => `${each.width}x${each.height}`));
      check(shapes.length > 0 && shapes.every((shape) => shape.split("x").map(Number).every((side) => side > 0 && side <= 448)), `${where}: cut to the receptive field (${shapes})`);
    }
    await checkLayout(page, `${where} unit, ${view}`);
  }
  check((await coloursOf(canvas)) > 8, `${where}: the plain image is drawn`);
  await page.locator('.choice button:text-is("mask")').click();
  await page.waitForSelector(".exemplar canvas[data-drawn=mask]");
  await filmView(page, `${where} unit`);
  check((await page.textContent(".picture >> nth=0")).includes("rank in its layer"), `${where}: what was measured of the picture`);
  await checkLayout(page, `${where} unit`);
  await shoot(page, `${shot}-unit`);
  await page.locator('.choice button:has-text("negative")').click();
  await page.waitForFunction(() => location.hash.endsWith("sign=-"));
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "unit 6" && document.querySelector(".exemplar"));
  await page.goBack();
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "unit 5");
  await page.goto(`${base}#/layer/conv1/unit/3`);
  await page.waitForSelector(".warning");
  check((await page.textContent(".verdict, .lead")).includes("No concept fits"), `${where}: a dead unit says so`);
  await page.goto(`${base}#/layer/conv1/unit/77`);
  await page.waitForSelector(".notice");
  check((await page.textContent(".notice")).includes("numbered 0 to 15"), `${where}: a unit that the layer has not`);
  await choiceView(page, base, where);
  await page.goto(`${base}#/layer/relu1`);
  await page.waitForSelector(".notice");
}

// Four variants fit into their chooser; arrow keys move within it; the view stays when the unit is turned.
async function choiceView(page, base, where) {
  await page.goto(`${base}#/layer/${kLayer}/unit/0`);
  const variants = page.locator(".picture-variants button");
  await variants.first().waitFor();
  check((await variants.count()) === 4, `${where}: four variants`);
  const clipped = await variants.evaluateAll((all) => all.filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1).length);
  check(clipped === 0, `${where}: no variant is clipped`);
  check((await page.locator(".choice [tabindex='0']").count()) === (await page.locator(".choice").count()), `${where}: one stop of the Tab key a choice`);
  await variants.first().focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector(".picture-variants [aria-checked=true]")?.textContent === "2" && document.activeElement?.textContent === "2");
  check((await page.textContent(".picture >> nth=0")).includes("variants") === false, `${where}: the number of variants is no measure`);
  check((await page.locator(".trials tbody tr").count()) === 3, `${where}: scores with wrong labels`);
  check((await page.locator(".trials .warning").count()) === 2, `${where}: a score that does not notice them`);
  await checkLayout(page, `${where} trials`);
  await page.locator('.choice button:text-is("heat")').click();
  await page.waitForFunction(() => location.hash.endsWith("view=heat"));
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "unit 1");
  await page.waitForSelector('.choice [aria-checked=true]:text-is("heat")');
}

// A slider's frames are other pictures than the last one, and arrow keys move it without turning the page.
async function filmView(page, where) {
  const film = page.locator(".film").first();
  const image = film.locator("img");
  const seen = [await image.getAttribute("src")];
  check(/picture-|visualization-/.test(seen[0]), `${where}: the last step is shown first (${seen[0]})`);
  await film.locator("input[type=range]").focus();
  for (const key of ["ArrowLeft", "Home"]) {
    const before = await image.getAttribute("src");
    await page.keyboard.press(key);
    await page.waitForFunction((old) => document.querySelector(".film img").getAttribute("src") !== old, before);
    await page.waitForFunction(() => document.querySelector(".film img").naturalWidth > 0);
    seen.push(await image.getAttribute("src"));
  }
  check(/frame-\d+-32\.webp/.test(seen[1]) && /frame-\d+-1\.webp/.test(seen[2]), `${where}: frames by keys (${seen})`);
  check((await film.textContent()).includes("step 1"), `${where}: the step is named`);
  await page.keyboard.press("End");
  await page.waitForFunction((src) => document.querySelector(".film img").getAttribute("src") === src, seen[0]);
  await page.evaluate(() => document.activeElement?.blur());
}

async function visualizationsView(page, base, where, shot) {
  await page.goto(base);
  await page.locator(".joint .onward").click();
  await page.waitForSelector(".visualizations-page .picture img");
  check((await page.locator(".visualizations-page .block").count()) === 2, `${where}: two objectives`);
  check((await page.locator(".gallery >> nth=0").locator(".picture").count()) === 2, `${where}: both variants`);
  check((await page.textContent(".objective-title >> nth=0")).replace(/\u200b/g, "").startsWith("channel(layer=block/conv2,unit=5) - 100*diversity"), `${where}: the objective`);
  check((await page.locator(".plate-holes").count()) === 2, `${where}: holes are seen`);
  await filmView(page, where);
  await page.locator(".film input >> nth=0").fill("1");
  await checkLayout(page, `${where} visualizations`);
  await shoot(page, `${shot}-visualizations`);
}

async function findView(page, base, where, shot) {
  await page.goto(base);
  await page.waitForSelector(".search input");
  await page.keyboard.press("/");
  await page.keyboard.type("wheel");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".find-page .tile");
  const names = await page.$$eval(".tile-name", (all) => [...new Set(all.map((each) => each.textContent))]);
  check(names.length === 1 && names[0] === "wheel", `${where}: finds only wheels (${names})`);
  const found = await values(page);
  check(found.every((value, i) => i === 0 || value <= found[i - 1]), `${where}: best wheel first`);
  await page.goto(`${base}#/find/wheels`);
  await page.waitForSelector(".find-page .tile");
  check((await page.$$eval(".tile-name", (all) => all.every((each) => each.textContent === "wheel"))), `${where}: a plural finds the singular`);
  for (const [text, hash] of [["logits", "#/layer/logits"], ["c2:7", "#/layer/c2/unit/7"]]) {
    await page.fill(".search input", text);
    await page.keyboard.press("Enter");
    await page.waitForFunction((wanted) => location.hash === wanted, hash);
  }
  await page.goto(`${base}#/find/wheel`);
  await page.waitForSelector(".find-page .tile");
  await checkLayout(page, `${where} find`);
  await shoot(page, `${shot}-find`, false);
}

const { child, port } = await startServer();
const browser = await chromium.launch({ executablePath, headless: true, timeout: 300000, args: kFlags });
try {
  const bases = { file: pathToFileURL(resolve(folder, "site/index.html")).href, http: `http://127.0.0.1:${port}/` };
  for (const [scheme, base] of Object.entries(bases)) {
    for (const size of kSizes) {
      const where = `${scheme} ${size.width}`;
      const page = await browser.newPage({ viewport: size });
      page.setDefaultTimeout(60000); // a busy machine is slow, not wrong
      page.on("console", (message) => message.type() === "error" && check(false, `${where}: console: ${message.text()}`));
      page.on("pageerror", (error) => check(false, `${where}: ${error.message}`));
      page.on("request", (request) => check(/^(file:|data:|http:\/\/127\.0\.0\.1:)/.test(request.url()), `${where}: asks for ${request.url()}`));
      for (const [name, view] of Object.entries({ networkView, layerView, unitView, visualizationsView, findView })) {
        try {
          await (view === layerView ? layerView(page, where, `${scheme}-${size.width}`) : view(page, base, where, `${scheme}-${size.width}`));
        } catch (error) {
          check(false, `${where} ${name}: ${error.message.split("\n")[0]}`);
        }
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
  child.removeAllListeners("exit");
  child.stdin.end();
}
console.log(failures === 0 ? "all pages are as they should be" : `${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
