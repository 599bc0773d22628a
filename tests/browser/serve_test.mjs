// The page as `bantam serve` gives it out, in a real browser: it follows a store that grows.
// usage: node serve_test.mjs BANTAM MODULES_FOLDER [PICTURES_FOLDER]      exit status 77: no browser here
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [bantam, modules, pictures] = process.argv.slice(2);
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (!browserPath) {
  console.log("skipped: no Chromium is installed (apt-get install chromium)");
  process.exit(77);
}
const { chromium } = createRequire(join(resolve(modules), "x.js"))("playwright-core");

// --- stores and servers ------------------------------------------------------------------------------------

const folders = [];
const servers = [];

function newFolder() {
  folders.push(mkdtempSync(join(tmpdir(), "bantam-serve-")));
  return folders.at(-1);
}

// Speeds of models, as another tool measured them: a store within no time.
function bring(folder, rates) {
  const tests = Object.entries(rates).map(([name, rate]) => ({
    cpu_info: "Board", model_filename: name + ".gguf", model_type: "llama 1B Q8_0", model_size: 1.1e9, model_n_params: 1e9, n_threads: 2, n_prompt: 256,
    n_gen: 0, n_depth: 0, test_time: "2026-01-31T12:00:00Z", avg_ts: rate, samples_ts: [rate],
  }));
  writeFileSync(join(folder, "bench.json"), JSON.stringify(tests));
  execFileSync(bantam, ["import", "llama-bench", "bench.json"], { cwd: folder, stdio: "ignore" });
}

async function serve(folder, ...more) {
  const child = spawn(bantam, ["serve", ...(more.includes("--port") ? [] : ["--port", "0"]), ...more], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  servers.push(child);
  let [printed, told] = ["", ""];
  child.stderr.on("data", (bytes) => (told += bytes));
  await new Promise((done, failed) => {
    child.stdout.on("data", (bytes) => {
      printed += bytes;
      if (printed.includes("\n")) done();
    });
    child.on("exit", () => failed(new Error("the server ended: " + told)));
  });
  child.removeAllListeners("exit");
  const end = () => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.on("exit", done);
    child.kill("SIGTERM");
  });
  return { address: printed.split("\n")[0], told: () => told, end };
}

// --- the browser -------------------------------------------------------------------------------------------

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
let failed = 0;
let passed = 0;

async function test(name, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors = [];
  const hosts = new Set();
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => /^https?:/.test(request.url()) && hosts.add(new URL(request.url()).origin));
  try {
    await body(page, errors, hosts, context);
    assert.deepEqual(errors, [], "errors in the console");
    ++passed;
    console.log("ok      " + name);
  } catch (error) {
    ++failed;
    console.log("FAILED  " + name + "\n" + (error.stack ?? error));
  }
  await context.close();
}

const picture = async (page, name) => pictures && (await page.screenshot({ path: join(pictures, name + ".png"), fullPage: false }));
const names = (page) => page.$$eval("#figures tbody th", (cells) => cells.map((cell) => cell.firstChild.textContent));
const rows = (page, count) => page.waitForFunction((wanted) => document.querySelectorAll("#figures tbody tr").length === wanted, count, { timeout: 60000 });
const told = (page, words) => page.waitForFunction((wanted) => document.getElementById("live-state").textContent.includes(wanted), words, { timeout: 60000 });

await test("begins without a store and fills when there is one", async (page, errors, hosts) => {
  const folder = newFolder();
  const server = await serve(folder);
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  assert.equal(await page.textContent("#answer .headline"), "Nothing is measured yet.");
  await told(page, "There is no store yet");
  assert.equal(await page.isVisible("#figures"), false);
  await picture(page, "1_empty");
  bring(folder, { alpha: 80, beta: 60 });
  await rows(page, 2);
  await told(page, "No run is going on");
  assert.match(await page.textContent("#live-age"), /^Updated \d+ s ago$/);
  assert.deepEqual([...hosts], [new URL(server.address).origin], "it asks nobody else");
  await picture(page, "2_filled");
  await server.end();
});

await test("new results leave what the reader has chosen", async (page) => {
  const folder = newFolder();
  const rates = Object.fromEntries(Array.from({ length: 40 }, (_, at) => ["model" + String(at).padStart(2, "0"), 100 + at]));
  bring(folder, { ...rates, other: 500 });
  const server = await serve(folder);
  await page.goto(server.address);
  await rows(page, 41);
  const sort = page.locator("thead button[data-sort]:not([data-sort=name])").first();
  await sort.click();
  await sort.click();  // the slowest first
  await page.click("summary:has-text('Columns')");
  await page.fill("#search", "model");
  await rows(page, 40);
  await page.evaluate(() => document.getElementById("search").setSelectionRange(2, 4));
  await page.$eval("#table-place", (place) => (place.scrollTop = 200));
  await page.evaluate(() => scrollTo(0, 150));
  const place = await page.$eval("#tools", (tools) => tools.getBoundingClientRect().top);

  bring(folder, { model99: 1, another: 700 });
  await rows(page, 41);
  assert.equal((await names(page))[0].includes("model99"), true, "it is sorted in");
  assert.equal(await page.locator("th[aria-sort=ascending]").count(), 1);
  assert.equal((await names(page)).some((name) => name.includes("another")), false, "the search holds");
  assert.equal(await page.inputValue("#search"), "model");
  assert.deepEqual(await page.evaluate(() => [document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd]), ["search", 2, 4]);
  assert.equal(await page.$$eval("#tools details", (menus) => menus.find((menu) => menu.querySelector("summary").textContent === "Columns").open), true, "the menu stays open");
  assert.equal(await page.$eval("#table-place", (table) => table.scrollTop), 200);
  assert.ok(Math.abs((await page.$eval("#tools", (tools) => tools.getBoundingClientRect().top)) - place) < 2, "what is seen stays where it is");
  await picture(page, "3_kept");
  await server.end();
});

await test("an open explanation is left alone, and a number keeps the focus", async (page) => {
  const folder = newFolder();
  bring(folder, { alpha: 80 });
  const server = await serve(folder);
  await page.goto(server.address);
  await rows(page, 1);
  await page.locator("#figures tbody .figure").first().focus();
  await page.keyboard.press("Enter");
  bring(folder, { beta: 60 });
  await page.waitForTimeout(5000);
  assert.equal((await names(page)).length, 1, "nothing changes below it");
  await page.keyboard.press("Escape");
  await rows(page, 2);
  assert.equal(await page.evaluate(() => document.activeElement.className), "figure");
  await server.end();
});

await test("tells of a run that goes on, and shows what it gave", async (page) => {
  const folder = newFolder();
  const server = await serve(folder);
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  const run = spawn(bantam, ["run", "embedded:nano", "--precisions", "fp16", "int4", "--threads", "1", "--tasks", "performance", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "20",
    "--rounds", "4", "--max-new-tokens", "16", "--batch-size", "2", "--max-disturbance", "1", "--max-drift", "10", "-q"], { cwd: folder, stdio: "ignore" });
  const over = new Promise((done) => run.on("exit", done));
  await told(page, "The run is going on: ");
  await picture(page, "4_running");
  assert.equal(await over, 0);
  await rows(page, 2);
  await told(page, "No run is going on");
  await page.waitForSelector("#budget-place:not([hidden])");
  await page.locator("#budget").focus();
  await page.keyboard.press("Home");
  const headline = await page.textContent("#answer .headline");
  const budget = await page.textContent("#budget-place output");
  bring(folder, { elsewhere: 80 });
  await page.waitForSelector("#atlas-place:not([hidden])", { timeout: 60000 });
  assert.equal(await page.textContent("#answer .headline"), headline, "the budget holds");
  assert.equal(await page.textContent("#budget-place output"), budget);
  assert.equal(await page.evaluate(() => document.activeElement.id), "budget");
  assert.equal((await names(page)).length, 2, "the same device is shown");
  await page.keyboard.press("End");
  assert.equal(await page.textContent("#budget-place output"), "any");
  await picture(page, "5_two_devices");
  await server.end();
});

await test("says when the server has gone, and goes on when it is back", async (page, errors) => {
  const folder = newFolder();
  bring(folder, { alpha: 80 });
  const server = await serve(folder);
  await page.goto(server.address);
  await told(page, "No run is going on");
  await server.end();
  await told(page, "Connection lost");
  assert.match(await page.textContent("#live-age"), /^Last answer \d+ s ago$/);
  assert.equal((await names(page)).length, 1, "what was shown stays");
  await picture(page, "6_lost");
  const again = await serve(folder, "--port", new URL(server.address).port);
  await told(page, "No run is going on");
  // The browser itself notes each answer that did not come.
  errors.splice(0, errors.length, ...errors.filter((text) => !text.includes("net::ERR_CONNECTION_REFUSED")));
  await again.end();
});

await test("the token leaves the address and stays with the browser", async (page, errors, hosts, context) => {
  const folder = newFolder();
  bring(folder, { alpha: 80 });
  const server = await serve(folder, "--host", "0.0.0.0");
  const port = new URL(server.address).port;
  while (!server.told().includes("token=")) await new Promise((done) => setTimeout(done, 50));
  const token = /token=([0-9a-f]+)/.exec(server.told())[1];
  await page.goto(`http://127.0.0.1:${port}/?token=${token}`);
  await page.waitForSelector("body[data-ready]");
  await told(page, "No run is going on");
  assert.equal(page.url(), `http://127.0.0.1:${port}/`);
  const [cookie] = await context.cookies();
  assert.ok(cookie.httpOnly && cookie.sameSite === "Strict" && !cookie.value.includes(token));
  const stranger = await (await browser.newContext()).newPage();
  assert.equal((await stranger.goto(`http://127.0.0.1:${port}/`)).status(), 401);
  await server.end();
});

await test("a copy is the page that asks nobody", async (page, errors, hosts) => {
  const folder = newFolder();
  bring(folder, { alpha: 80 });
  const server = await serve(folder);
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#live a")]);
  const path = join(folder, "copy.html");
  await download.saveAs(path);
  await server.end();
  hosts.clear();
  await page.goto("file://" + path);
  await page.waitForSelector("body[data-ready]");
  await rows(page, 1);
  assert.equal(await page.isVisible("#live"), false);
  assert.equal(hosts.size, 0);
});

await browser.close();
for (const child of servers) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
